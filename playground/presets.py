"""Presets: one readable YAML file each, checked with the file and the field named in every error."""

from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from playground.errors import InvalidPreset, InvalidRequest
from playground.wire.request import ChatRequest

SUFFIX = ".yaml"


class Preset(BaseModel):
    """An example, one click away.

    Attributes:
        name: the file's stem, by which the command line knows it.
        title: short, for a button.
        tab: where it opens.
        about: one line.
        source: where it is from.
        order: its place in the row.
        request: the Chat Completions request, its fields in the order they are sent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    name: str
    title: str
    tab: Literal["chat", "streaming", "tools", "json"]
    about: str
    source: str
    order: int
    request: ChatRequest

    @field_validator("request", mode="before")
    @classmethod
    def _request(cls, value: Any) -> ChatRequest:
        try:
            return ChatRequest.parse(value)
        except InvalidRequest as error:
            raise ValueError(error.message) from None

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read one.

        Raises:
            InvalidPreset: it cannot be read, is no YAML, or a field is wrong.
        """
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidPreset(f"it cannot be read: {error}.", file=path.name) from None
        except yaml.YAMLError as error:
            raise InvalidPreset(f"it is no YAML: {' '.join(str(error).split())}.", file=path.name) from None
        if not isinstance(data, dict):
            raise InvalidPreset("it holds no fields.", file=path.name)
        try:
            return cls.model_validate({"name": path.stem} | data)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InvalidPreset(f"{first['msg']}.", file=path.name, field=field) from None


def load_presets(folder: Path) -> tuple[Preset, ...]:
    """All presets of a folder, in their order.

    Raises:
        InvalidPreset: the first file that cannot be used, or no such folder.
    """
    if not folder.is_dir():
        raise InvalidPreset("there is no such folder.", file=str(folder))
    presets = [Preset.from_file(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    return tuple(sorted(presets, key=lambda preset: (preset.order, preset.name)))


def presets_folder(chosen: Path | None = None) -> Path:
    """The chosen folder; else the one beside the package in a checkout; else the one inside a wheel."""
    package = Path(__file__).parent
    beside = package.parent / "presets"
    return chosen or (beside if beside.is_dir() else package / "_presets")
