"""A request's parameters, told once: beside their types, in the fields of the request's model. Pure.

A field that a person can set carries a `Parameter` in its annotation; `parameters_of` reads them from any model.
The form, its help, the reading of what is typed, the command line and `docs/parameters.md` are made from that.

What a server knows was asked, not assumed: `SOURCES` says whom and how, `tests/real_engines/test_parameters.py` and
`tests/engines/embedded/test_parameters.py` ask again.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


class Dialect(StrEnum):
    """Whose variety of Chat Completions, as its name is written."""

    OPENAI = "OpenAI"
    VLLM = "vLLM"
    SGLANG = "SGLang"
    LLAMA_CPP = "llama.cpp"


SOURCES = {
    Dialect.OPENAI: 'documented: the API reference, "Create chat completion" (2026-10)',
    Dialect.VLLM: "asked: the request's model of 0.32.0",
    Dialect.SGLANG: "asked: the request's model of 0.5.23",
    Dialect.LLAMA_CPP: "asked: what the server of xllamacpp 2026.10.11549 makes of each, with `verbose`",
}
ENGINES = frozenset({Dialect.VLLM, Dialect.SGLANG, Dialect.LLAMA_CPP})
EVERYONE = frozenset(Dialect)


def names_of(dialects: Collection[Dialect]) -> list[str]:
    """Their names, always in the same order."""
    return [dialect.value for dialect in Dialect if dialect in dialects]


class Kind(StrEnum):
    """What has to be typed, in words."""

    NUMBER = "a number"
    WHOLE = "a whole number"
    TRUTH = "true or false"
    OBJECT = "a JSON object"
    TEXTS = "text, or a JSON list of texts"
    TEXT = "text"


_KINDS: dict[frozenset[Any], Kind] = {
    frozenset({int, float}): Kind.NUMBER,
    frozenset({int}): Kind.WHOLE,
    frozenset({bool}): Kind.TRUTH,
    frozenset({dict}): Kind.OBJECT,
    frozenset({str, list}): Kind.TEXTS,
    frozenset({str}): Kind.TEXT,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is told of a field, for its annotation: `Annotated[Number | None, Parameter("0 to 2", "Higher is …")]`.

    Attributes:
        range: the values that are meant, in words. They are told, not enforced: the server decides.
        help: what it does, in one short phrase.
        known_by: whose API has it, under this name.
        not_by: whose API does not. Of one that stands in neither it is not known.
    """

    range: str
    help: str
    known_by: frozenset[Dialect] = frozenset()
    not_by: frozenset[Dialect] = frozenset()

    def __post_init__(self) -> None:
        if both := self.known_by & self.not_by:
            raise ValueError(f"{', '.join(sorted(both))} cannot both know a parameter and not.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedParameter(Parameter):
    """A parameter with what its field says: the name, and the kind that follows from the type."""

    name: str
    kind: Kind

    @property
    def info(self) -> str:
        """Help and range, then who is known not to take it."""
        strangers = ", ".join(names_of(self.not_by))
        return f"{self.help}; {self.range}" + (f"; not known to {strangers}" if strangers else "")

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; whose API knows it, and whose does not, in lists."""
        return {
            "name": self.name,
            "type": self.kind.value,
            "range": self.range,
            "help": self.help,
            "known_by": names_of(self.known_by),
            "not_by": names_of(self.not_by),
        }


def parameters_of(model: type[BaseModel]) -> tuple[NamedParameter, ...]:
    """The parameters among a model's fields, in their order.

    Raises:
        TypeError: one has a type that no `Kind` stands for.
    """
    return tuple(
        NamedParameter(
            name=field.alias or name,
            kind=_kind(name, field.annotation),
            range=told.range,
            help=told.help,
            known_by=told.known_by,
            not_by=told.not_by,
        )
        for name, field in model.model_fields.items()
        for told in field.metadata
        if isinstance(told, Parameter)
    )


def _kind(name: str, annotation: Any) -> Kind:
    types = frozenset(_types(annotation))
    if types not in _KINDS:
        raise TypeError(
            f"No text can be read for {name}: {annotation}. Add a Kind, and its reader, or use another type."
        )
    return _KINDS[types]


def _types(annotation: Any) -> Iterator[Any]:
    """The classes that a value may have, without None; of `dict[str, int]`, dict."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _types(inner[0])
    elif origin in {Union, UnionType}:
        for one in inner:
            yield from _types(one)
    elif annotation is not NoneType:
        yield origin or annotation
