"""Presets: one readable YAML file each, checked with the file and the field named in every error.

YAML's dates and bare words such as `yes` want quotes where text is meant: see `playground.yaml_text`.
"""

import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.errors import InvalidPreset, InvalidRequest
from playground.tools.mock import MockRow, parse_rows
from playground.wire.request import ChatRequest
from playground.yaml_text import YamlError, check_json, dump_yaml, read_yaml

Tab = Literal["chat", "streaming", "tools", "json"]
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
        mock: results for the calls that the model may make; see `playground.tools.mock`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    name: str
    title: str = Field(min_length=1)
    tab: Tab
    about: str
    source: str
    order: int
    request: ChatRequest
    mock: tuple[MockRow, ...] = ()

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read one.

        Raises:
            InvalidPreset: it cannot be read, is not valid YAML, or a field is wrong.
        """
        return cls.parse(read_file(path), path.name)

    @classmethod
    def parse(cls, data: Any, file: str) -> Self:
        """Check what was read from `file`.

        Raises:
            InvalidPreset: a field is unknown, missing or wrong; the path to it is in the message.
        """
        if not isinstance(data, dict):
            raise InvalidPreset("it has no fields.", file=file)
        name = Path(file).stem
        if not SLUG.fullmatch(name):
            raise InvalidPreset("the name may contain only a-z, 0-9 and single dashes.", file=file)
        if data.get("name", name) != name:
            raise InvalidPreset(f"it must be {name}, as the file is called.", file=file, field="name")
        fields: dict[str, Any] = {"name": name} | data
        try:
            if "request" in data:
                check_json(data["request"], "request")
                fields["request"] = ChatRequest.parse(data["request"])
            if "mock" in data:
                fields["mock"] = parse_rows(data["mock"], "mock")
            return cls.model_validate(fields)
        except YamlError as error:
            raise InvalidPreset(error.message, file=file, field=error.field) from None
        except InvalidRequest as error:
            field = ".".join(filter(None, ("request", error.field)))
            raise InvalidPreset(error.message, file=file, field=field) from None
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InvalidPreset(f"{first['msg']}.", file=file, field=field) from None


def read_file(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        InvalidPreset: it cannot be read, or is not valid YAML.
    """
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidPreset(f"it cannot be read: {error.strerror or error}.", file=path.name) from None
    except UnicodeDecodeError as error:
        raise InvalidPreset(f"it is not UTF-8: byte {error.start}.", file=path.name) from None
    except YamlError as error:
        raise InvalidPreset(error.message, file=path.name) from None


def render_preset(preset: Preset) -> str:
    """The preset as the text of a file; its name is not in it, because that is the file's."""
    fields = {name: getattr(preset, name) for name in ("title", "tab", "about", "source", "order")}
    fields["request"] = preset.request.to_wire()
    if preset.mock:
        fields["mock"] = [row.to_file() for row in preset.mock]
    return dump_yaml(fields)


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
