"""The page's functions as the wall lets them be called: read off the page itself, once it is built."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

from playground.web.guard.functions import Function, Kind

# A component of any other class stops the start: its values were thought about by nobody.
KINDS: tuple[tuple[type, Kind], ...] = (
    (gr.Textbox, Kind.TEXT),
    (gr.HTML, Kind.TEXT),
    (gr.Checkbox, Kind.FLAG),
    (gr.CheckboxGroup, Kind.CHOICES),
    (gr.Dropdown, Kind.CHOICE),
    (gr.Timer, Kind.NUMBER),
)
EVENT = frozenset({"turn", "part", "text"})  # what a press in the conversation says


def functions_of(blocks: gr.Blocks) -> Mapping[int, Function]:
    """Every function that the server runs for the page, by its index.

    Raises:
        TypeError: one is queued, or takes a component whose kind of value is not known here.
    """
    found = {}
    for index, event in blocks.fns.items():
        if event.fn is None:
            continue
        if event.queue:
            raise TypeError(f"{event.name} is queued: only calls without the queue are let through.")
        kinds = tuple(_kind(component) for component in event.inputs)
        if gr.EventData in _annotations(event.fn):
            triggers = frozenset(target for target, _ in event.targets if target is not None)
            found[index] = Function(_name(event.fn), kinds, triggers, EVENT)
        else:
            found[index] = Function(_name(event.fn), kinds)
    return found


def _kind(component: Any) -> Kind:
    for kind_of, kind in KINDS:
        if isinstance(component, kind_of) and not getattr(component, "multiselect", False):
            return kind
    raise TypeError(f"No kind of value is known for a {type(component).__name__} as an input.")


def _annotations(fn: Callable[..., Any]) -> set[Any]:
    try:
        return {parameter.annotation for parameter in inspect.signature(fn).parameters.values()}
    except ValueError:  # one of the built-in functions
        return set()


def _name(fn: Any) -> str:
    inner = getattr(fn, "func", fn)  # of a partial
    return str(getattr(inner, "__qualname__", type(inner).__name__))


class Forgetful(StateHolder):
    """No session's values: the page sends all that a function needs, and made-up sessions would fill the memory."""

    def __init__(self, blocks: gr.Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Gradio's has no types
        self.set_blocks(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        """A new one for each call."""
        return _Passing(self.blocks)

    def __contains__(self, session_id: object) -> bool:
        """None is kept."""
        return False


class _Passing(SessionState):
    """What one call needs of a session; Gradio's own also writes down each value, for deep links that are shut."""

    def __init__(self, blocks: gr.Blocks) -> None:
        self.blocks_config = blocks.default_config
        self.config_values = {}
        self.state_data = {}
        self._state_ttl = {}
        self.is_closed = False
        self._changed: dict[int, Any] = {}

    def __getitem__(self, key: int) -> Any:
        """The component, as this call has changed it."""
        return self._changed.get(key, self.blocks_config.blocks[key])

    def __setitem__(self, key: int, value: Any) -> None:
        """For this call alone."""
        self._changed[key] = value

    def __contains__(self, key: int) -> bool:
        """Whether the page has that component."""
        return key in self._changed or key in self.blocks_config.blocks

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass
