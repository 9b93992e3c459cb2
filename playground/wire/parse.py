"""JSON of a response to events: one chunk of a stream, or one whole completion.

Nothing is assumed to be there: `choices` may be empty or null, `delta` may be missing, and usage may come in any
chunk. What stands in a message is read by `message`, and errors by `reported`.
"""

from collections.abc import Iterator
from typing import Any

from playground.errors import StreamProtocolError
from playground.wire.events import (
    Finished,
    Identified,
    LogprobsDelta,
    NotUnderstood,
    StreamEvent,
    ToolCallDelta,
    UsageReported,
)
from playground.wire.message import read_message
from playground.wire.reported import error_of_choice, reported_error
from playground.wire.values import TooManyValues, cut, member, read_values, to_text, writable

DONE = "[DONE]"
MESSAGES = ("delta", "message", "text")  # where a choice has its message
KNOWN = frozenset({"choices", "usage", "id", "model", "object", "x_groq", "prompt_filter_results"})
MAX_SHOWN = 300  # characters of what is not understood
MAX_PARTS = 1_000  # choices of one event, tool calls of one of them
MAX_LOGPROBS = 4_000  # tokens of one event
MAX_NAME = 500  # characters of a name, an id, a reason
MAX_USAGE = 16 * 2**10  # characters
CALL = frozenset({"index", "id", "type", "function"})
FUNCTION = frozenset({"name", "arguments"})


def is_done(data: str) -> bool:
    """Whether this is the end of a stream: some servers put blanks around it."""
    return data.strip().startswith(DONE)


def parse_chunk(data: str, at_s: float, *, one_choice: bool = False) -> Iterator[StreamEvent]:
    """The events of one chunk's JSON text.

    Args:
        data: the text.
        at_s: when it came.
        one_choice: whether one choice was asked for. Then its `index` says nothing: some servers count from 1, or
            count tokens with it.

    Raises:
        StreamProtocolError: it is not a JSON object, or one with more than `MAX_VALUES` values.
        StreamFailed: it carries an error.
    """
    body = _load(data, "A chunk of the stream")
    if body and KNOWN.isdisjoint(body):
        yield NotUnderstood(at_s, cut(data, MAX_SHOWN))
    yield from _events(body, "delta", at_s, one_choice=one_choice)


def parse_completion(data: str, at_s: float, *, one_choice: bool = False) -> Iterator[StreamEvent]:
    """The events of a whole completion's JSON text; arguments and errors as of `parse_chunk`."""
    body = _load(data, "The response")
    if not isinstance(body.get("choices"), list):
        raise StreamProtocolError("The response has no list of choices.", excerpt=data)
    if not body["choices"]:
        raise StreamProtocolError("The response has no choice: its list of choices is empty.", excerpt=data)
    yield from _events(body, "message", at_s, one_choice=one_choice)


def parse_body(data: str, at_s: float, *, one_choice: bool = False) -> Iterator[StreamEvent]:
    """The events of a body of JSON: a whole completion, or one chunk on each line, with `[DONE]` after it or not.

    Raises as `parse_chunk` does.
    """
    lines = [line.strip().removeprefix("data:").strip() for line in data.strip().split("\n")]
    lines = [line for line in lines if line and not line.startswith(DONE)]
    if len(lines) > 1 and all(line.startswith("{") and line.endswith("}") for line in lines):
        for line in lines:
            yield from parse_chunk(line, at_s, one_choice=one_choice)
        return
    whole, mark, _ = data.rpartition(f"data: {DONE}")
    yield from parse_completion(whole if mark else data, at_s, one_choice=one_choice)


def _load(data: str, what: str) -> dict[str, Any]:
    try:
        value = read_values(data)
    except TooManyValues as error:
        raise StreamProtocolError(f"{what} was not read: {error}.", excerpt=data) from None
    except ValueError as error:
        raise StreamProtocolError(f"{what} is not valid JSON: {error}.", excerpt=data) from None
    if isinstance(value, list) and len(value) == 1:  # Gemini wraps its errors so
        value = value[0]
    if not isinstance(value, dict):
        raise StreamProtocolError(f"{what} is not a JSON object.", excerpt=data)
    if (reported := reported_error(value, len(data))) is not None:
        raise reported
    return value


def _events(body: dict[str, Any], part: str, at_s: float, *, one_choice: bool) -> Iterator[StreamEvent]:
    if body.get("id") or body.get("model"):
        yield Identified(at_s, _str(body.get("id")), _str(body.get("model")))
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else member(body, "x_groq", "usage")
    for position, choice in enumerate(_few(body.get("choices"), "choices")):
        if isinstance(choice, dict):
            told = None if one_choice else choice.get("index")
            yield from _choice(choice, part, told if isinstance(told, int) else position, at_s)
            usage = usage if isinstance(usage, dict) else choice.get("usage")  # Moonshot's place for it
    if isinstance(usage, dict):
        yield UsageReported(at_s, _small(usage))


def _choice(choice: dict[str, Any], part: str, index: int, at_s: float) -> Iterator[StreamEvent]:
    message = _message(choice, part)
    yield from read_message(message, index, at_s)
    for place, call in enumerate(_few(message.get("tool_calls"), "tool calls")):
        if isinstance(call, dict):
            yield _tool_call(call, place, index, at_s)
    if isinstance(call := message.get("function_call"), dict):
        yield _tool_call({"index": 0, "function": call}, 0, index, at_s, is_legacy=True)
    logprobs = choice.get("logprobs")
    if isinstance(logprobs, dict) and (tokens := [t for t in _list(logprobs.get("content")) if isinstance(t, dict)]):
        yield LogprobsDelta(at_s, tuple(tokens[:MAX_LOGPROBS]), index, max(0, len(tokens) - MAX_LOGPROBS))
    if reason := choice.get("finish_reason"):
        yield Finished(at_s, _str(reason) or "", index)
    if (error := error_of_choice(choice)) is not None:
        raise error


def _message(choice: dict[str, Any], part: str) -> dict[str, Any]:
    """The choice's `delta` or `message`; the other where that one is not there, and `text` of older servers."""
    message = choice.get(part)
    if isinstance(message, dict):
        return message
    others = (message, *map(choice.get, MESSAGES))
    found = next((value for value in others if isinstance(value, dict | str)), {})
    return {"content": found} if isinstance(found, str) else found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _few(value: Any, what: str) -> list[Any]:
    found = _list(value)
    if len(found) > MAX_PARTS:
        raise StreamProtocolError(
            f"One event of the answer has {len(found):,} {what}; at most {MAX_PARTS:,} are read.",
            advice="What was received until then is kept. Try again, or ask the server's operator.",
        )
    return found


def _str(value: Any) -> str | None:
    """A name; some servers number their calls. What is a list or an object is none."""
    if value is None or value == "" or isinstance(value, list | dict):
        return None
    return cut(str(value), MAX_NAME)


def _small(usage: dict[str, Any]) -> dict[str, Any]:
    """The usage; without its lists and objects where it is too long to be one."""
    text = to_text(usage)
    if text is not None and len(text) <= MAX_USAGE:
        return usage
    few = list(usage.items())[:20]
    return {cut(name, 50): value for name, value in few if isinstance(value, int | float)}


def _tool_call(call: dict[str, Any], place: int, choice: int, at_s: float, *, is_legacy: bool = False) -> ToolCallDelta:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    index = call.get("index")
    arguments = function.get("arguments")
    if arguments is not None and not isinstance(arguments, str):  # a few servers send the object itself
        arguments = to_text(arguments) or "nested too deeply to be read"
    return ToolCallDelta(
        at_s,
        index=index if isinstance(index, int) else place,
        id=_str(call.get("id")),
        name=_str(function.get("name")),
        arguments=arguments or "",
        choice=choice,
        extra=_extra(call, function),
        is_legacy=is_legacy,
    )


def _extra(call: dict[str, Any], function: dict[str, Any]) -> dict[str, Any] | None:
    """What a call carries besides, of its function too; a type of its own among it."""
    extra = {name: value for name, value in call.items() if name not in CALL and value is not None}
    if call.get("type") not in {None, "", "function"}:
        extra["type"] = call["type"]
    if inner := {name: value for name, value in function.items() if name not in FUNCTION and value is not None}:
        extra["function"] = inner
    return writable(extra) if extra else None
