"""YAML text to plain JSON values, for the files that people write.

YAML 1.1 reads a bare `yes`, `on` or `no` as a truth value and `2026-01-31` as a date: where text is meant, it stands
in quotes. A value that JSON has no word for is refused here, not by a server.
"""

from collections.abc import Hashable
from math import isfinite
from typing import Any

import yaml


class YamlError(ValueError):
    """A text that cannot be used; `field` is the path to the fault, or "" for all of it."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def read_yaml(text: str) -> Any:
    """The text's value, each key once.

    Raises:
        YamlError: it is no YAML, with line and column.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise YamlError(f"it is no YAML: {_line(error)}.") from None
    except (ValueError, RecursionError) as error:  # a date such as 2026-02-31; brackets without end
        raise YamlError(f"it is no YAML: {error}.") from None


def check_json(value: Any, field: str) -> None:
    """YAML has more than JSON: dates, keys that are no text, infinity, loops.

    Raises:
        YamlError: with the field.
    """
    try:
        _check(value, field)
    except RecursionError:
        raise YamlError("it holds itself.", field) from None


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


def _check(value: Any, field: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise YamlError(f"the key {key!r} is no text: put it in quotes.", field)
            _check(item, f"{field}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{field}.{index}")
    elif not (value is None or isinstance(value, str | int)) and not (isinstance(value, float) and isfinite(value)):
        raise YamlError(f"{value} is no JSON value: is text meant, put it in quotes.", field)


def dump_yaml(value: Any) -> str:
    """JSON's kinds of values as YAML that `read_yaml` reads back."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110))
