"""Presets: one readable YAML file each, checked with the file and the field named in every error.

YAML 1.1 reads a bare `yes`, `on` or `no` as a truth value and `2026-01-31` as a date: where text is meant, put
it in quotes. A request that holds such a value by mistake is refused here, not by the server.
"""

import re
from collections.abc import Hashable
from math import isfinite
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.errors import InvalidPreset, InvalidRequest
from playground.wire.request import ChatRequest

SUFFIX = ".yaml"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


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
    title: str = Field(min_length=1)
    tab: Literal["chat", "streaming", "tools", "json"]
    about: str
    source: str
    order: int
    request: ChatRequest

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read one.

        Raises:
            InvalidPreset: it cannot be read, is no YAML, or a field is wrong.
        """
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
        except OSError as error:
            raise InvalidPreset(f"it cannot be read: {error.strerror or error}.", file=path.name) from None
        except UnicodeDecodeError as error:
            raise InvalidPreset(f"it is not UTF-8: byte {error.start}.", file=path.name) from None
        except yaml.YAMLError as error:
            raise InvalidPreset(f"it is no YAML: {_line(error)}.", file=path.name) from None
        except (ValueError, RecursionError) as error:  # a date such as 2026-02-31; brackets without end
            raise InvalidPreset(f"it is no YAML: {error}.", file=path.name) from None
        return cls.parse(data, path.name)

    @classmethod
    def parse(cls, data: Any, file: str) -> Self:
        """Check what was read from `file`.

        Raises:
            InvalidPreset: a field is unknown, missing or wrong; the path to it is in the message.
        """
        if not isinstance(data, dict):
            raise InvalidPreset("it holds no fields.", file=file)
        name = Path(file).stem
        if not SLUG.fullmatch(name):
            raise InvalidPreset("the name may hold a-z, 0-9 and single dashes.", file=file)
        if data.get("name", name) != name:
            raise InvalidPreset(f"it must be {name}, as the file is called.", file=file, field="name")
        fields: dict[str, Any] = {"name": name} | data
        try:
            if "request" in data:
                try:
                    _check_json(data["request"], "request", file)
                except RecursionError:
                    raise InvalidPreset("it holds itself.", file=file, field="request") from None
                fields["request"] = ChatRequest.parse(data["request"])
            return cls.model_validate(fields)
        except InvalidRequest as error:
            field = ".".join(filter(None, ("request", error.field)))
            raise InvalidPreset(error.message, file=file, field=field) from None
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InvalidPreset(f"{first['msg']}.", file=file, field=field) from None


def load_presets(folder: Path) -> tuple[Preset, ...]:
    """All presets of a folder, in their order.

    Raises:
        InvalidPreset: the first file that cannot be used, or no such folder. Two of one name cannot be: the
            name is the file's.
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


class _Loader(yaml.SafeLoader):
    """YAML's plain values, each key once: PyYAML would keep the last one and say nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key_node, _ in node.value:
            key = (key_node.tag, key_node.value) if isinstance(key_node, yaml.ScalarNode) else None
            if key in seen and key is not None:
                raise yaml.constructor.ConstructorError(None, None, f"{key[1]} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _line(error: yaml.YAMLError) -> str:
    """What is wrong, and in which line."""
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        return f"{error.problem or error.context}, line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(error).split())


def _check_json(value: Any, field: str, file: str) -> None:
    """YAML has more than JSON: dates, keys that are no text, infinity, loops."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise InvalidPreset(f"the key {key!r} is no text: put it in quotes.", file=file, field=field)
            _check_json(item, f"{field}.{key}", file)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json(item, f"{field}.{index}", file)
    elif not (value is None or isinstance(value, str | int)) and not (isinstance(value, float) and isfinite(value)):
        raise InvalidPreset(f"{value} is no JSON value: is text meant, put it in quotes.", file=file, field=field)
