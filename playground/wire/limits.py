"""What is kept of one answer at most; the figures for memory are in docs/limits.md.

A text of a backend is measured before it is kept, so that no answer costs more than about `MAX_EXCHANGE_BYTES`.
"""

import sys
from dataclasses import dataclass, field

from playground.errors import StreamProtocolError
from playground.wire import events as ev

MAX_ANSWER_CHARACTERS = 12 * 2**20  # all texts of all choices: twenty times what the longest models give at once
MAX_CHOICES = 128  # as `n` at OpenAI
MAX_TOOL_CALLS = 128  # of one choice; OpenAI takes as many tools
MAX_PIECES = 100_000  # deltas with their times, 200 bytes each
MAX_RAW_BYTES = 16 * 2**20  # of raw events, as Python holds them
MAX_LOGPROBS_CHARACTERS = 2 * 2**20  # of the events that carry them; parsed they take some twenty times as much
MAX_EXCHANGE_BYTES = 160 * 2**20  # all of it, with the event that is being read

KEPT = "What was received until then is kept."
_OBJECT = 150  # bytes of a raw event, or of a piece, besides its text
_PARSED = 20  # bytes of what is parsed from one character of log-probabilities


@dataclass(slots=True)
class Limits:
    """Counts what an exchange keeps.

    Attributes:
        dropped_chunks, dropped_pieces, dropped_logprobs: how many were too much.
        kept_bytes: about how much memory those take that are kept.
    """

    dropped_chunks: int = 0
    dropped_pieces: int = 0
    dropped_logprobs: int = 0
    kept_bytes: int = 0
    _pieces: int = 0
    _characters: int = 0
    _raw_bytes: int = 0
    _last_chunk: int = 0
    _logprobs: int = 0
    _choices: set[int] = field(default_factory=lambda: {0})

    def take(self, event: ev.Delta) -> StreamProtocolError | None:
        """Count a delta; why it is too much, if it is."""
        if not self.has_room(event.choice):
            return StreamProtocolError(
                f"The response has more than {MAX_CHOICES} choices, which is the limit.",
                advice=f"{KEPT} Ask for fewer with n.",
            )
        if isinstance(event, ev.ToolCallDelta):
            self._characters += len(event.arguments) + len(event.name or "") + len(event.id or "")
        else:
            self._characters += len(event.text)
        if self._characters <= MAX_ANSWER_CHARACTERS:
            return None
        return StreamProtocolError(
            f"The response is longer than {MAX_ANSWER_CHARACTERS:,} characters, which is the limit.",
            advice=f"{KEPT} Ask for a shorter answer with max_tokens.",
        )

    def has_room(self, choice: int) -> bool:
        """Whether that choice is one of those that are kept."""
        if choice not in self._choices and len(self._choices) < MAX_CHOICES:
            self._choices.add(choice)
        return choice in self._choices

    def keeps_chunk(self, chunk: ev.ChunkReceived) -> bool:
        """Whether a raw event is kept; it is counted in any case."""
        self._last_chunk = len(chunk.data)
        size = sys.getsizeof(chunk.data) + _OBJECT
        if self.dropped_chunks or self._raw_bytes + size > MAX_RAW_BYTES:
            self.dropped_chunks += 1
            return False
        self._raw_bytes += size
        self.kept_bytes += size
        return True

    def keeps_piece(self, text: str) -> bool:
        """Whether the time of one more piece is kept."""
        if self._pieces < MAX_PIECES:
            self._pieces += 1
            self.kept_bytes += sys.getsizeof(text) + _OBJECT
            return True
        self.dropped_pieces += 1
        return False

    def keeps_logprobs(self, event: ev.LogprobsDelta) -> bool:
        """Whether the log-probabilities of the event that came last are kept."""
        self._logprobs += self._last_chunk
        self.dropped_logprobs += event.dropped
        if self.has_room(event.choice) and self._logprobs <= MAX_LOGPROBS_CHARACTERS:
            self.kept_bytes += _PARSED * self._last_chunk
            return True
        self.dropped_logprobs += len(event.content)
        return False

    def left_out(self) -> tuple[str, ...]:
        """What was not kept, each in a sentence."""
        counts = (
            (self.dropped_chunks, "raw event", f"only the first {MAX_RAW_BYTES // 2**20} MiB of them are"),
            (self.dropped_pieces, "time", f"only the times of the first {MAX_PIECES:,} pieces are"),
            (self.dropped_logprobs, "log-probability record", "there were too many"),
        )
        return tuple(
            f"{count:,} {noun}{'' if count == 1 else 's'} not kept: {why}." for count, noun, why in counts if count
        )


class Text:
    """A text that grows: joined when it is looked at. `+=` for each piece would copy the whole each time."""

    __slots__ = ("_new", "_text", "length")

    def __init__(self) -> None:
        self._text = ""
        self._new: list[str] = []
        self.length = 0

    def add(self, piece: str) -> None:
        """Append a piece."""
        if piece:
            self._new.append(piece)
            self.length += len(piece)

    def __str__(self) -> str:
        if self._new:
            self._text = "".join((self._text, *self._new))
            self._new.clear()
        return self._text


def too_many_calls() -> StreamProtocolError:
    """The error for a call too many."""
    return StreamProtocolError(
        f"The response makes more than {MAX_TOOL_CALLS} tool calls, which is the limit.",
        advice=f"{KEPT} Set parallel_tool_calls to false, or try again.",
    )
