"""A server's `/v1/models` to entries.

TheRouter: `{"data": [{id, name, context_length, pricing: {prompt, completion, …}, …}]}`, prices as strings in
US dollars per token; a bare list is taken too. Engines give `{"data": [{id, …}]}`, vLLM with `max_model_len`; servers
in Go give `{"data": null}` while they have none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from playground.errors import StreamProtocolError
from playground.wire.values import to_text

MILLION = 1_000_000
MAX_MODELS = 5_000
MAX_NAME = 300  # characters; a model with a longer id is passed over
MAX_DIGITS = 40  # of a price
MAX_WORDS = 100  # of one list of abilities


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as its server describes it; None and () where it says nothing: nothing is guessed.

    Attributes:
        id: the name to send.
        context_length: tokens.
        prompt_price, completion_price: US dollars per token.
        supported_parameters: as the server lists them.
        input_modalities: such as text, image.
    """

    id: str
    name: str = ""
    context_length: int | None = None
    prompt_price: Decimal | None = None
    completion_price: Decimal | None = None
    supported_parameters: tuple[str, ...] = ()
    input_modalities: tuple[str, ...] = ()

    def facts(self) -> str:
        """One line for the header: context, prices per million tokens, abilities."""
        parts = []
        if self.context_length:
            parts.append(f"{_short(self.context_length)} context")
        if self.prompt_price is not None and self.completion_price is not None:
            parts.append(f"${_price(self.prompt_price)} in, ${_price(self.completion_price)} out per 1M tokens")
        if "image" in self.input_modalities:
            parts.append("images")
        parts += [word for key, word in ABILITIES.items() if key in self.supported_parameters]
        return " · ".join(parts)

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """What that many tokens cost in US dollars; None without prices."""
        if self.prompt_price is None or self.completion_price is None:
            return None
        return prompt_tokens * self.prompt_price + completion_tokens * self.completion_price


ABILITIES = {"tools": "tools", "structured_outputs": "JSON schema", "reasoning": "reasoning"}


def parse_models(body: Any) -> tuple[ModelEntry, ...]:
    """The entries, in the server's order, `MAX_MODELS` at most; an item without an id is passed over.

    Raises:
        StreamProtocolError: neither a list nor an object with one under `data`.
    """
    items = list_items(body)
    named = (item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str))
    return tuple(_entry(item) for item in islice((one for one in named if len(one["id"]) <= MAX_NAME), MAX_MODELS))


def list_items(body: Any) -> list[Any]:
    """The items of a list of models, whatever they are.

    Raises:
        StreamProtocolError: as `parse_models`.
    """
    items = body.get("data", body) if isinstance(body, dict) else body
    if isinstance(body, dict) and items is None:
        return []
    if not isinstance(items, list):
        raise StreamProtocolError("The /models response has no list of models.", excerpt=to_text(body) or "")
    return items


def weight(models: Sequence[ModelEntry]) -> int:
    """About how many bytes they take."""
    return sum(500 + len(m.id) + len(m.name) + 60 * len(m.supported_parameters + m.input_modalities) for m in models)


def _entry(item: dict[str, Any]) -> ModelEntry:
    pricing = _object(item.get("pricing"))
    architecture = _object(item.get("architecture"))
    context = item.get("context_length") or item.get("max_model_len")
    return ModelEntry(
        id=item["id"],
        name=item["name"][:MAX_NAME] if isinstance(item.get("name"), str) else "",
        context_length=context if isinstance(context, int) else None,
        prompt_price=_decimal(pricing.get("prompt")),
        completion_price=_decimal(pricing.get("completion")),
        supported_parameters=_words(item.get("supported_parameters")),
        input_modalities=_words(architecture.get("input_modalities")),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _decimal(value: Any) -> Decimal | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool) or len(str(value)) > MAX_DIGITS:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def _words(value: Any) -> tuple[str, ...]:
    return tuple(word for word in value[:MAX_WORDS] if isinstance(word, str)) if isinstance(value, list) else ()


def _price(per_token: Decimal) -> str:
    return f"{(per_token * MILLION).normalize():f}"


def _short(tokens: int) -> str:
    return f"{tokens / 1000:.0f}K" if tokens < MILLION else f"{tokens / MILLION:.3g}M"
