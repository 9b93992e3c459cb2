"""The second turn: tell the model what was wrong, ask for a corrected answer."""

from playground.schema.verdict import Verdict

MAX_LISTED = 20
_AGAIN = "Answer again with the corrected JSON alone: no words around it, no Markdown fence."


def repair_prompt(verdict: Verdict) -> str:
    """The text of the user's next message; "" for a valid answer, which needs none. The same verdict, the same text.

    A refusal is not argued with: the text only asks for JSON that says so in the agreed shape.
    """
    if verdict.outcome == "valid":
        return ""
    if verdict.outcome == "refused":
        return "Your answer was not JSON. Answer in the shape that was asked for, leaving out what you will not say."
    return "\n".join([*_what(verdict), *_listed(verdict), "", _again(verdict)])


def _what(verdict: Verdict) -> list[str]:
    if verdict.outcome == "wrong_shape" and verdict.problem is not None:
        return ["Your answer is JSON, but it is nested too deeply to be checked."]
    if verdict.outcome == "wrong_shape":
        return ["Your answer is JSON, but it does not match the schema:"]
    if verdict.outcome == "cut_off":
        lines = ["Your answer was cut off before the JSON was complete: it was too long."]
        return [*lines, "The part before the cut breaks these rules:"] if verdict.violations else lines
    lines = [f"Your answer is not valid JSON: {verdict.problem}."]
    if verdict.excerpt is not None and verdict.excerpt.text.strip():
        lines.append(f"It stands here: {verdict.excerpt.text.strip()}")
    if verdict.found is not None:
        place = "inside a Markdown fence" if verdict.found.where == "fence" else "with words around it"
        lines.append(f"There is JSON {place}; the answer must be the JSON alone.")
        if verdict.violations:
            lines.append("That JSON does not match the schema either:")
    return lines


def _listed(verdict: Verdict) -> list[str]:
    lines = [f"- {violation.message}" for violation in verdict.violations[:MAX_LISTED]]
    more = len(verdict.violations) - len(lines)
    return [*lines, f"- and {more} more like these"] if more > 0 else lines


def _again(verdict: Verdict) -> str:
    return f"{_AGAIN} Make it shorter, so that it fits." if verdict.outcome == "cut_off" else _AGAIN
