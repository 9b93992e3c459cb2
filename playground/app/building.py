"""A request built where it holds nobody up: large texts of the form are read, and written again, in a worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.app.conversations import Built, Conversation, parts_of
from playground.app.form.form import Form, build_request
from playground.errors import InvalidRequest, TooMuchWork
from playground.schema.engine import measure
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from playground.workers import Workers

SMALL = 16 * 1024  # characters of JSON in the form: some 10 ms
SMALL_TALK = 2**20  # characters of the conversation, which are only copied
MAX_VALUES = 100_000  # of a request; read, each takes up to 100 bytes
BUILD_S = 4.0
TOO_MUCH = "The request could not be built: its tools, schema, extra fields or parameters are too large to read."
KEPT_BYTES = 256 * 1024  # of a request that stays with its conversation until it is sent


@dataclass(frozen=True, slots=True)
class Source:
    """All that a request is built from.

    Attributes:
        form: as typed.
        messages: those before the form's own.
        images: data URLs that go with the message.
        target: where it goes.
    """

    form: Form
    messages: Sequence[Mapping[str, Any]]
    images: Sequence[str]
    target: Target

    @property
    def is_small(self) -> bool:
        """Whether it is built within some milliseconds."""
        return _is_small(self.form, self.messages)

    def request(self) -> ChatRequest:
        """The request.

        Raises:
            InvalidInput: a field that cannot be read, or a request that is too large.
        """
        request = build_request(self.form, self.messages, self.images)
        if not self.is_small and (count := measure(request.to_wire())[1]) > MAX_VALUES:
            raise InvalidRequest(
                f"The request has {count:,} values; the limit is {MAX_VALUES:,}.",
                advice="Remove what the model does not need, or send the request from your own program.",
            )
        return request

    def build(self) -> tuple[ChatRequest, PreparedRequest]:
        """The request, and its bytes; raises as `request` does."""
        request = self.request()
        return request, prepare(request, self.target)

    def built_before(self, conversation: Conversation) -> Built | None:
        """What the conversation has of it already."""
        built = conversation.built
        return built if built and (built.source, built.target) == (self._key(), self.target) else None

    def keep(self, conversation: Conversation, request: ChatRequest, prepared: PreparedRequest) -> Built:
        """Leave it with the conversation, unless it is large."""
        built = Built(self._key(), self.target, request, prepared)
        conversation.built = built if len(prepared.body) <= KEPT_BYTES else None
        return built

    def plain(self) -> "Source":
        """The same with what a request is built from alone: a worker need not know the routes' forms."""
        fields = self.form.typed() | {"mock": "", "params": dict(self.form.params)}
        return Source(Form.model_construct(**fields), self.messages, self.images, self.target)

    def _key(self) -> tuple[Any, ...]:
        return self.form.typed(), self.messages, self.images


async def build_apart(source: Source, conversation: Conversation, workers: Workers, who: str) -> Built:
    """The request with its bytes, built here if that is quick, else in a worker.

    Raises:
        InvalidInput: a field that cannot be read, or a request that is too large.
        TooMuchWork: it took too long, or too much memory.
    """
    if (built := source.built_before(conversation)) is not None:
        return built
    if source.is_small:
        return source.keep(conversation, *source.build())
    try:
        return source.keep(conversation, *await workers.run(source.plain().build, who=who, timeout_s=BUILD_S))
    except TooMuchWork as error:
        raise TooMuchWork(f"{TOO_MUCH} {error.message}", advice=error.advice) from None


async def prepare_apart(
    request: ChatRequest, target: Target, form: Form, workers: Workers, who: str
) -> PreparedRequest:
    """The bytes of a request that follows from what the form stands for; raises as `build_apart` does."""
    if _is_small(form, request.to_wire()["messages"]):
        return prepare(request, target)
    return await workers.run(prepare, request, target, who=who, timeout_s=BUILD_S)


def _is_small(form: Form, messages: Sequence[Mapping[str, Any]]) -> bool:
    typed = (form.tools, form.json_schema, form.extra, *form.params.values())
    if sum(map(len, typed)) > SMALL:
        return False
    return len(form.message) + len(form.system) + sum(map(_length, messages)) <= SMALL_TALK


def _length(message: Mapping[str, Any]) -> int:
    """About how many characters a message has; pictures count too."""
    content = message.get("content")
    texts: list[Any] = [content]
    for part in parts_of(message):
        image = part.get("image_url")
        texts += [part.get("text"), image.get("url") if isinstance(image, dict) else None]
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    texts += [function.get("arguments") for function in functions if isinstance(function, dict)]
    return sum(len(text) for text in texts if isinstance(text, str))
