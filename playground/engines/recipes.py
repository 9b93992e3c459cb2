"""Recipes: servers that are known to work, one readable YAML file each, every value with where it is from.

They lie in the folder `servers` of the presets; see `presets/servers/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.engines.kinds import find_engine
from playground.engines.kinds.base import Installation
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch, InvalidPreset
from playground.presets import SLUG, SUFFIX, presets_folder, read_file
from playground.yaml_text import YamlError, check_json

FOLDER = "servers"
_BY_MODULE = ("sglang", "llama_cpp")
_OUTSIDE_SPEC = ("needs", "image", "card")  # what has a source as well


class Recipe(BaseModel):
    """A server, one click away.

    Attributes:
        name: the file's stem.
        title: short, for a button.
        about: one or two lines: what it gives, and what it does not.
        needs: the hardware it takes.
        order: its place in the list.
        spec: what is launched.
        image: a container image that has the engine; "" none is named.
        card: the command as its source prints it, to the letter; "" where the source prints none.
        sources: for each value where it is from, by the name of its field: a page, a document, a measurement.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    name: str
    title: str = Field(min_length=1)
    about: str = Field(min_length=1)
    needs: str = Field(min_length=1)
    order: int
    spec: LaunchSpec
    image: str = ""
    card: str = ""
    sources: dict[str, str]

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
            InvalidPreset: a field is unknown, missing or wrong, or has no source; the path to it is in the message.
        """
        if not isinstance(data, dict):
            raise InvalidPreset("it has no fields.", file=file)
        name = Path(file).stem
        if not SLUG.fullmatch(name):
            raise InvalidPreset("the name may contain only a-z, 0-9 and single dashes.", file=file)
        try:
            check_json(data, "")
        except YamlError as error:
            raise InvalidPreset(error.message, file=file, field=error.field.lstrip(".")) from None
        spec = data.get("spec")
        if not isinstance(spec, dict):
            raise InvalidPreset("it has no fields.", file=file, field="spec")
        if "api_key" in spec:
            raise InvalidPreset("a key does not belong in a file that is shared.", file=file, field="spec.api_key")
        try:
            recipe = cls.model_validate({**data, "name": name, "spec": LaunchSpec.parse(spec)})
            find_engine(recipe.spec.engine)
        except InvalidLaunch as error:
            field = ".".join(filter(None, ("spec", error.field)))
            raise InvalidPreset(error.message.removeprefix(f"{error.field}: "), file=file, field=field) from None
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InvalidPreset(f"{first['msg']}.", file=file, field=field) from None
        _check_sources(recipe.sources, {*spec} | {key for key in _OUTSIDE_SPEC if data.get(key)}, file)
        return recipe

    def shown(self, installation: Installation | None = None) -> str:
        """The command line; without an installation as its project's pages write it: `python -m …`, or a program.

        Raises:
            InvalidLaunch: the engine has no command.
        """
        engine = find_engine(self.spec.engine)
        if installation is not None:
            at = installation
        elif engine.name in _BY_MODULE or not engine.programs:
            at = Installation("python", ("python",))
        else:
            at = Installation("program", engine.programs[:1])
        return engine.command(self.spec, at, self.spec.port or engine.default_port).shown()


def _check_sources(sources: Mapping[str, str], values: set[str], file: str) -> None:
    for name in sorted(values):
        if not sources.get(name):
            raise InvalidPreset("there is no source for this value.", file=file, field=f"sources.{name}")
    for name in sorted(set(sources) - values):
        raise InvalidPreset("it is a source, but there is no such value.", file=file, field=f"sources.{name}")


def load_recipes(folder: Path) -> tuple[Recipe, ...]:
    """All recipes of a folder, in their order; none where there is no such folder.

    Raises:
        InvalidPreset: the first file that cannot be used.
    """
    recipes = [Recipe.from_file(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    return tuple(sorted(recipes, key=lambda recipe: (recipe.order, recipe.name)))


def recipes_folder(presets: Path | None = None) -> Path:
    """The folder of the recipes: `servers` in the chosen folder of presets, else in the one that the app brings."""
    return presets_folder(presets) / FOLDER
