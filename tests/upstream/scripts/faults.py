"""A status of 200, and then something goes wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.upstream.scripts.good import PIECES, answer, stream, stream_events
from tests.upstream.scripts.wire import DONE, OK_SSE, body, chunk, dump, events, sse
from tests.upstream.scripts.wire import usage as usage_object
from tests.upstream.steps import Cut, Script, Sleep, Stall, Step, Write

PROVIDER_ERROR = {
    "message": "The provider stopped.",
    "type": "upstream_error",
    "code": 502,
    "metadata": {"provider": "test-provider", "request_id": "req_provider_1", "retryable": True},
}


def _begun(pieces: Sequence[str]) -> tuple[bytes, ...]:
    """The events of a stream that has begun and not ended."""
    return stream_events(pieces, finish=False, done=False)


def html_instead_of_stream() -> Script:
    """200 and a web page, as a login wall or a wrong base URL gives it."""
    page = b"<!doctype html><html><head><title>Welcome</title></head><body>Please log in.</body></html>"
    return body(page, content_type="text/html; charset=utf-8")


def json_instead_of_stream(text: str = "Hello.") -> Script:
    """200 and a whole completion as JSON, though a stream was asked for."""
    return answer(text, usage=usage_object())


def error_in_stream(
    pieces: Sequence[str] = ("Hel", "lo"),
    *,
    error: Mapping[str, Any] | str = PROVIDER_ERROR,
    done: bool = False,
) -> Script:
    """`data: {"error": …}` after some text; with `done` a `[DONE]` follows."""
    sent = (*_begun(pieces), sse({"error": error}), *([sse(DONE)] if done else []))
    return events(sent)


def cut_stream(pieces: Sequence[str] = ("Hel", "lo"), *, reset: bool = False) -> Script:
    """The connection ends after some text."""
    return events(_begun(pieces)).then(Cut(reset))


def ended_stream(pieces: Sequence[str] = ("Hel", "lo")) -> Script:
    """The body ends properly after some text, with neither `finish_reason` nor `[DONE]`."""
    return events(_begun(pieces))


def cut_first(*, reset: bool = False) -> Script:
    """The connection ends before a single byte."""
    return Script((Cut(reset),))


def malformed_chunk(pieces: Sequence[str] = ("Hel", "lo")) -> Script:
    """An event that is not valid JSON, after some text; the stream then goes on and ends well."""
    whole = stream_events(pieces)
    middle = 1 + len(pieces)
    return events((*whole[:middle], sse('{"choices":[{"delta":{"content":"x'), *whole[middle:]))


def half_character_at_cut(character: str = "🌍") -> Script:
    """The connection ends inside a UTF-8 character."""
    event = sse(chunk({"content": f"Hi {character}"}))
    cut = event.index(character.encode()) + len(character.encode()) // 2
    return events((*_begun(()), event[:cut])).then(Cut())


def character_over_two_writes(character: str = "🌍", *, pause_s: float = 0.02) -> Script:
    """A UTF-8 character whose halves are sent apart; the text is that character."""
    steps: list[Step] = [OK_SSE]
    for event in stream_events((character,)):
        at = event.find(character.encode())
        if at < 0:
            steps.append(Write(event))
        else:
            half = at + len(character.encode()) // 2
            steps += [Write(event[:half]), Sleep(pause_s), Write(event[half:])]
    return Script(tuple(steps))


def giant_line(size: int = 10_000_000) -> Script:
    """One content delta of `size` letters in one line, written at once."""
    return stream(("x" * size,))


def stall_first(*, head: bool = False) -> Script:
    """Nothing comes until the client leaves; with `head`, the status and headers do."""
    return Script((OK_SSE, Stall()) if head else (Stall(),))


def slow_first(seconds: float, pieces: Sequence[str] = PIECES) -> Script:
    """A good stream, of which nothing comes for some seconds."""
    return Script((Sleep(seconds), *stream(pieces).steps))


def stall_between(pieces: Sequence[str] = PIECES, *, after: int = 1, for_s: float | None = None) -> Script:
    """A stall after `after` pieces: until the client leaves, or for some seconds and then the rest."""
    whole = stream(pieces).steps
    at = 2 + after  # the status and the role come first
    if for_s is None:
        return Script((*whole[:at], Stall()))
    return Script((*whole[:at], Sleep(for_s), *whole[at:]))


def empty_choices(pieces: Sequence[str] = PIECES) -> Script:
    """A good stream with chunks of empty `choices`, and one without the field, in between."""
    bare = {key: value for key, value in chunk(None).items() if key != "choices"}
    whole = stream_events(pieces)
    return events((sse(chunk(None)), whole[0], b"data: " + dump(bare) + b"\n\n", *whole[1:]))


def usage_in_middle(pieces: Sequence[str] = PIECES) -> Script:
    """A good stream whose usage comes with a content chunk in the middle."""
    return stream(pieces, usage=usage_object(), usage_in="middle")
