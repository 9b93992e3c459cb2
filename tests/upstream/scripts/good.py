"""Answers as they should be, in all the variants that backends differ in."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tests.upstream.scripts.wire import DONE, MODEL, OK_SSE, SSE_HEADERS, chunk, completion, json_body, sse
from tests.upstream.steps import Headers, Paced, Script, Sleep, Status, Step, Write

ReasoningName = Literal["reasoning_content", "reasoning"]
UsagePlace = Literal["own", "finish", "middle", "every"]
PIECES = ("Hel", "lo", ", wörld", " 🌍", "!")


def answer(
    text: str | None = "Hello, wörld 🌍!",
    *,
    model: str = MODEL,
    reasoning: str | None = None,
    reasoning_name: ReasoningName = "reasoning_content",
    tool_calls: Sequence[Mapping[str, Any]] | None = None,
    usage: Mapping[str, Any] | None = None,
    finish_reason: str | None = None,
    headers: Headers = (),
    **fields: Any,
) -> Script:
    """A completion that does not stream.

    Args:
        finish_reason: None means tool_calls where there are some, else stop.
        fields: further top-level fields of the completion.
    """
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if reasoning is not None:
        message[reasoning_name] = reasoning
    if tool_calls is not None:
        message["tool_calls"] = list(tool_calls)
    if usage is not None:
        fields["usage"] = dict(usage)
    reason = finish_reason or ("tool_calls" if tool_calls else "stop")
    return json_body(completion(message, finish_reason=reason, model=model, **fields), headers=headers)


def tool_call_fragments(
    name: str, *arguments: str, index: int = 0, call_id: str | None = None
) -> tuple[dict[str, Any], ...]:
    """The elements of `delta.tool_calls` for one call: its name first, then each piece of its arguments."""
    first = {
        "index": index,
        "id": call_id or f"call_{index}",
        "type": "function",
        "function": {"name": name, "arguments": ""},
    }
    return (first, *({"index": index, "function": {"arguments": piece}} for piece in arguments))


def stream_events(
    pieces: Sequence[str] = PIECES,
    *,
    model: str = MODEL,
    reasoning: Sequence[str] = (),
    reasoning_name: ReasoningName = "reasoning_content",
    tool_calls: Sequence[Mapping[str, Any]] = (),
    usage: Mapping[str, Any] | None = None,
    usage_in: UsagePlace = "own",
    finish: bool = True,
    finish_reason: str | None = None,
    done: bool = True,
    role: bool = True,
    comment: str | None = None,
    line_end: str = "\n",
) -> tuple[bytes, ...]:
    """The events of a stream, as bytes, one for each delta.

    Args:
        tool_calls: elements of `delta.tool_calls`, one for each chunk; see `tool_call_fragments`.
        usage_in: its own chunk with empty choices, the chunk that finishes, one content chunk in the middle,
            or every chunk.
        finish: whether a chunk with `finish_reason` is sent.
        finish_reason: None means tool_calls where there are some, else stop.
        role: whether a first chunk with `role` and empty content is sent.
        comment: where given, a line `: comment` before each event; "" gives a bare colon.
        line_end: "\\n", "\\r\\n" or "\\r".
    """
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}] if role else []
    deltas += [{reasoning_name: piece} for piece in reasoning]
    deltas += [{"content": piece} for piece in pieces]
    deltas += [{"tool_calls": [dict(fragment)]} for fragment in tool_calls]
    chunks = [chunk(delta, model=model) for delta in deltas]
    if finish:
        reason = finish_reason or ("tool_calls" if tool_calls else "stop")
        chunks.append(chunk({}, finish_reason=reason, model=model))
    if usage is not None:
        _place_usage(chunks, dict(usage), usage_in, model)
    sent = [sse(value, line_end=line_end) for value in [*chunks, *([DONE] if done else [])]]
    if comment is not None:
        prefix = f": {comment}".rstrip().encode() + line_end.encode() * 2
        sent = [prefix + event for event in sent]
    return tuple(sent)


def _place_usage(chunks: list[dict[str, Any]], usage: dict[str, Any], place: UsagePlace, model: str) -> None:
    match place:
        case "own":
            chunks.append(chunk(None, model=model, usage=usage))
        case "finish":
            chunks[-1]["usage"] = usage
        case "middle":
            chunks[len(chunks) // 2]["usage"] = usage
        case "every":
            for value in chunks:
                value["usage"] = usage


def stream(
    pieces: Sequence[str] = PIECES,
    *,
    per_second: float | None = None,
    headers: Headers = (),
    model: str = MODEL,
    reasoning: Sequence[str] = (),
    reasoning_name: ReasoningName = "reasoning_content",
    tool_calls: Sequence[Mapping[str, Any]] = (),
    usage: Mapping[str, Any] | None = None,
    usage_in: UsagePlace = "own",
    finish: bool = True,
    finish_reason: str | None = None,
    done: bool = True,
    role: bool = True,
    comment: str | None = None,
    line_end: str = "\n",
) -> Script:
    """A stream; see `stream_events`. `per_second` paces all its events; None sends them without a pause."""
    sent = stream_events(
        pieces,
        model=model,
        reasoning=reasoning,
        reasoning_name=reasoning_name,
        tool_calls=tool_calls,
        usage=usage,
        usage_in=usage_in,
        finish=finish,
        finish_reason=finish_reason,
        done=done,
        role=role,
        comment=comment,
        line_end=line_end,
    )
    status = Status(200, SSE_HEADERS + headers) if headers else OK_SSE
    return Script((status, *(map(Write, sent) if per_second is None else (Paced(sent, per_second),))))


def resplit(script: Script, size: int, *, pause_s: float = 0.0) -> Script:
    """The same body bytes in writes of `size` bytes, whatever the events' borders; a pause after each.

    Without a pause the client's kernel may join writes again.
    """
    steps: list[Step] = []
    data = b""
    for step in script.steps:
        if isinstance(step, Write):
            data += step.data
        else:
            steps += _in_pieces(data, size, pause_s)
            steps.append(step)
            data = b""
    return Script((*steps, *_in_pieces(data, size, pause_s)))


def _in_pieces(data: bytes, size: int, pause_s: float) -> list[Step]:
    steps: list[Step] = []
    for start in range(0, len(data), size):
        steps.append(Write(data[start : start + size]))
        if pause_s:
            steps.append(Sleep(pause_s))
    return steps
