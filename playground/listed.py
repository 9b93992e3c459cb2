"""A value that a module of its own defines, found by the name that stands in a list: a tab, a snippet language."""

from importlib import import_module
from typing import Protocol, TypeVar


class _Named(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Named)


def load_listed(package: str, name: str, attribute: str, kind: type[T]) -> T:
    """What the module `name` of a package has as `attribute`.

    Raises:
        TypeError: it is none of that kind, or its id is another than the module's name.
    """
    value = getattr(import_module(f"{package}.{name}"), attribute)
    if not isinstance(value, kind) or value.id != name:
        raise TypeError(f"{name}: its {attribute} must be a {kind.__name__} whose id is {name!r}.")
    return value
