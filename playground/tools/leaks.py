"""Tool markup that leaked into an answer's text: found and named, never taken away.

A model writes its calls in its own markup, which the server is to turn into `tool_calls`. Without the right parser
(SGLang `--tool-call-parser`, vLLM `--tool-call-parser` with `--enable-auto-tool-choice`), or after a slip of the
model, the markup stays in `content`. The markers are those of the models' chat templates and of the engines' parsers.
"""

import re
from dataclasses import dataclass

BAR = "\uff5c"  # ｜, as in DeepSeek's special tokens
BLANK = "\u2581"  # ▁


@dataclass(frozen=True, slots=True)
class Leak:
    """A span of the text, `start` to `end` in characters, and whose markup it is.

    Attributes:
        format: the format's name, for a person.
        complete: its end marker is there; else the span goes on to the end of the text.
    """

    start: int
    end: int
    format: str
    complete: bool


@dataclass(frozen=True, slots=True)
class _Format:
    """`opens`, `closes`: expressions; `closes` "" means that the markup has no end of its own."""

    name: str
    opens: str
    closes: str


_FORMATS = (
    _Format("DeepSeek V3.2 (DSML)", rf"<{BAR}DSML{BAR}function_calls>", rf"</{BAR}DSML{BAR}function_calls>"),
    _Format("DeepSeek V3.2 (DSML)", rf"<{BAR}DSML{BAR}invoke\b", rf"</{BAR}DSML{BAR}invoke>"),
    _Format("DeepSeek", rf"<{BAR}tool{BLANK}calls{BLANK}begin{BAR}>", rf"<{BAR}tool{BLANK}calls{BLANK}end{BAR}>"),
    _Format("DeepSeek", rf"<{BAR}tool{BLANK}call{BLANK}begin{BAR}>", rf"<{BAR}tool{BLANK}call{BLANK}end{BAR}>"),
    _Format("Qwen3-Coder", r"<tool_call>\s*<function=", r"</tool_call>"),
    _Format("GLM", r"<tool_call>\s*[\w.-]+\s*<arg_key>", r"</tool_call>"),
    _Format("Hermes / Qwen", r"<tool_call>", r"</tool_call>"),
    _Format("Mistral", r"\[TOOL_CALLS\]", r"</s>"),
    _Format("Llama 3", r"<\|python_tag\|>", r"<\|eo[mt]_id\|>"),
    _Format("Llama 3", r"<function=[\w.-]+>", r"</function>"),
    _Format("Kimi K2", r"<\|tool_calls_section_begin\|>", r"<\|tool_calls_section_end\|>"),
    _Format("Kimi K2", r"<\|tool_call_begin\|>", r"<\|tool_call_end\|>"),
    _Format("MiniMax", r"<minimax:tool_call>", r"</minimax:tool_call>"),
    _Format("gpt-oss (Harmony)", r"<\|channel\|>commentary to=", r"<\|call\|>"),
    _Format("Granite / Phi-4", r"<\|tool_call\|>", r"<\|/tool_call\|>"),
)
_MISTRAL = next(number for number, fmt in enumerate(_FORMATS) if fmt.name == "Mistral")  # </s> alone is not a tool's
_OPENING = re.compile("|".join(f"(?P<f{number}>{fmt.opens})" for number, fmt in enumerate(_FORMATS)))
_CLOSING = tuple(re.compile(fmt.closes) for fmt in _FORMATS)
# An end without its beginning, which the server's parser took; the plainest format of those with that end.
_LONE = re.compile("|".join(f"(?P<f{n}>{fmt.closes})" for n, fmt in reversed([*enumerate(_FORMATS)]) if n != _MISTRAL))
_HINT = re.compile(rf"[<\[](?:[{BAR}|/]|tool_call|function=|minimax:|TOOL_CALLS)")


def find_leaks(text: str) -> tuple[Leak, ...]:
    """The spans of tool markup, in order, none inside another. Linear in the text, which may still be growing."""
    if not _HINT.search(text):
        return ()
    found: list[Leak] = []
    at = 0
    while opening := _OPENING.search(text, at):
        number = int((opening.lastgroup or "f0")[1:])
        found += _lone(text, at, opening.start())
        closing = _CLOSING[number].search(text, opening.end())
        at = closing.end() if closing else len(text)
        found.append(Leak(opening.start(), at, _FORMATS[number].name, complete=closing is not None))
    return (*found, *_lone(text, at, len(text)))


def _lone(text: str, start: int, end: int) -> list[Leak]:
    return [
        Leak(match.start(), match.end(), _FORMATS[int((match.lastgroup or "f0")[1:])].name, complete=True)
        for match in _LONE.finditer(text, start, end)
    ]
