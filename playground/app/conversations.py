"""The conversations of all open pages, in memory, each under the random id its browser tab made (ADR 11).

The exchange route writes them and the page reads them: what the snippet shows is what the route sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from playground.app.weights import weigh_exchange, weigh_texts, weigh_value
from playground.tools.turns import Call, answered_messages
from playground.wire.answer import SendReasoning
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, Target
from playground.wire.request import ChatRequest


@dataclass(slots=True)
class Turn:
    """A message and what came back.

    Attributes:
        message: the user's; None where the answer goes on from what is there.
        exchange: what came back.
        calls: the answer's tool calls, each with its result once it has one.
        edited: the answer as the person changed it.
        model: the model that was asked.
        cost: US dollars, where the backend's list has prices and the answer had usage.
        html: the drawn turn, kept until the turn changes.
        weighed: an exchange, and what it was found to hold.
    """

    message: dict[str, Any] | None
    exchange: Exchange | None = None
    calls: tuple[Call, ...] = ()
    edited: str | None = None
    model: str = ""
    cost: Decimal | None = None
    html: str = ""
    weighed: tuple[Exchange, int] | None = field(default=None, compare=False, repr=False)

    @property
    def failed(self) -> bool:
        """Whether nothing of an answer came."""
        return self.exchange is not None and not self.answered

    @property
    def answered(self) -> bool:
        """Whether there is an answer, whole or in part."""
        if self.edited is not None:
            return True
        if self.exchange is None:
            return False
        answer = self.exchange.answer
        return bool(answer.content or answer.reasoning or answer.tool_calls or answer.refusal or answer.fields)

    def messages(self, send_reasoning: SendReasoning = "calls") -> list[dict[str, Any]]:
        """The turn as messages of the next request; a turn without an answer is left out."""
        if not self.answered:
            return []
        said = [self.message] if self.message else []
        if self.edited is not None:
            return [*said, {"role": "assistant", "content": self.edited}]
        assert self.exchange is not None  # noqa: S101 - `answered` has looked; this tells the type checker
        return [*said, *answered_messages(self.exchange.answer, self.calls, send_reasoning)]

    def weigh(self) -> int:
        """About how many bytes it holds; an exchange is looked through once."""
        if self.exchange is not None and (self.weighed is None or self.weighed[0] is not self.exchange):
            self.weighed = self.exchange, weigh_exchange(self.exchange)
        results = [call.result.content for call in self.calls if call.result]
        arguments = [call.call.arguments for call in self.calls]
        own = weigh_value(self.message) + weigh_texts([self.edited or "", self.html, *results, *arguments])
        return own + (self.weighed[1] if self.weighed else 0)

    def waiting(self) -> list[str]:
        """The names of the calls that have no result yet."""
        if self.edited is not None or self.exchange is None:
            return []
        if self.calls:
            return [call.call.name for call in self.calls if call.result is None]
        return [call.name for call in self.exchange.answer.tool_calls]


@dataclass(frozen=True, slots=True)
class Built:
    """A request with its bytes, and all that it was built from: the form's fields, messages and images; the target."""

    source: tuple[Any, ...]
    target: Target
    request: ChatRequest
    prepared: PreparedRequest


@dataclass(frozen=True, slots=True)
class Past:
    """A conversation that was cleared."""

    preface: list[dict[str, Any]]
    turns: list[Turn]
    images: list[str]


@dataclass(slots=True, weakref_slot=True)
class Conversation:
    """One browser tab's work: earlier messages from a preset, turns, and images waiting to be sent.

    `built` is what the snippet shows, so that Send need not build it again. `before` is what was cleared last, and
    `aside` what was typed while an earlier message is sent again.
    """

    preface: list[dict[str, Any]] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    last: Exchange | None = None
    built: Built | None = None
    before: Past | None = None
    aside: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nobody would miss it."""
        return not (self.preface or self.turns or self.images or self.before or self.aside)

    def weigh(self) -> int:
        """About how many bytes it holds."""
        past = self.before or Past([], [], [])
        turns = sum(turn.weigh() for turn in (*self.turns, *past.turns))
        built = len(self.built.prepared.body) if self.built else 0
        return turns + built + weigh_value([self.preface, self.images, past.preface, past.images, self.aside])

    def messages(self, send_reasoning: SendReasoning = "calls") -> list[dict[str, Any]]:
        """What goes before the next message."""
        return [*self.preface, *(message for turn in self.turns for message in turn.messages(send_reasoning))]

    def waiting(self) -> list[str]:
        """The names of the last answer's calls that have no result: no server goes on before they have one."""
        answered = [turn for turn in self.turns if turn.answered]
        return answered[-1].waiting() if answered else []

    @property
    def exchanges(self) -> list[Exchange]:
        """All that went over the wire for what stands in the conversation, oldest first."""
        return [turn.exchange for turn in self.turns if turn.exchange is not None and turn.exchange.request.url]

    def last_loop(self) -> list[Turn]:
        """The last turn with a message of the user's, and all that followed from it."""
        for index in range(len(self.turns) - 1, -1, -1):
            if self.turns[index].message is not None:
                return self.turns[index:]
        return list(self.turns)

    def add(self, turn: Turn) -> None:
        """Put a new turn at the end; one that failed before it is replaced by it."""
        while self.turns and self.turns[-1].failed:
            self.turns.pop()
        self.turns.append(turn)

    def clear(self, *, typed: bool = False) -> None:
        """Begin anew; turns can be brought back, and so it is where a message that was typed goes, too."""
        if self.turns or (typed and self.before is None):
            self.before = Past(self.preface, self.turns, self.images)
        self.preface, self.turns, self.images, self.last, self.built = [], [], [], None, None

    def bring_back(self) -> None:
        """What was cleared last stands again."""
        if self.before is not None:
            past, self.before, self.built = self.before, None, None
            self.preface, self.turns, self.images = past.preface, past.turns, past.images
            self.last = self.exchanges[-1] if self.exchanges else None

    def cut_from(self, index: int) -> str:
        """Take away turn `index` and all after it; its message's text comes back, its images wait again."""
        if not 0 <= index < len(self.turns):
            return ""
        message = self.turns[index].message
        del self.turns[index:]
        if message is None:
            return ""
        self.images = [*images_of(message), *(image for image in self.images if image not in images_of(message))]
        return text_of(message)

    def edit(self, index: int, part: str, text: str) -> None:
        """Change a turn's message (`part` "user"), its answer ("assistant"), or an earlier message ("preface")."""
        if part == "preface":
            if 0 <= index < len(self.preface):
                self.preface[index] = with_text(self.preface[index], text)
            return
        if not 0 <= index < len(self.turns):
            return
        turn = self.turns[index]
        turn.html = ""
        if part == "assistant":
            turn.edited = text
        elif turn.message is not None:
            turn.message = with_text(turn.message, text)


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text, from a string or from its text parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in parts_of(message) if isinstance(part.get("text"), str))


def images_of(message: Mapping[str, Any]) -> list[str]:
    """The URLs of a message's images."""
    found = (part.get("image_url") for part in parts_of(message) if part.get("type") == "image_url")
    return [image["url"] for image in found if isinstance(image, dict) and isinstance(image.get("url"), str)]


def parts_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of a message's content; none where it is text."""
    content = message.get("content")
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def with_text(message: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The message with another text; whatever else is in it stays."""
    content = message.get("content")
    if not isinstance(content, list):
        return {**message, "content": text}
    others = [part for part in content if not (isinstance(part, dict) and part.get("type") == "text")]
    return {**message, "content": [{"type": "text", "text": text}, *others] if text else others}
