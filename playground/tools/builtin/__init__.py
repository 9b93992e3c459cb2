"""Functions that really work, used only where they are named."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from playground.addresses import InternalHosts
from playground.errors import InvalidTools
from playground.tools.builtin.base import Builtin, ToolFailed
from playground.tools.builtin.calculate import make_calculate
from playground.tools.builtin.current_time import make_current_time, utc_now
from playground.tools.builtin.http_get_json import make_http_get_json
from playground.tools.builtin.lookup_region import make_lookup_region

__all__ = ["BUILTINS", "Builtin", "ToolFailed", "make_builtins"]

BUILTINS = ("lookup_region", "calculate", "current_time", "http_get_json")


def make_builtins(
    names: Iterable[str] = BUILTINS,
    *,
    hosts: Collection[str] = (),
    internal: InternalHosts | None = None,
    now: Callable[[], datetime] = utc_now,
) -> dict[str, Builtin]:
    """The functions of these names.

    Args:
        names: of `BUILTINS`.
        hosts: what `http_get_json` may ask.
        internal: which inside addresses the names of `hosts` may mean.
        now: the clock of `current_time`.

    Raises:
        InvalidTools: there is no such function.
    """
    makers: dict[str, Callable[[], Builtin]] = {
        "lookup_region": make_lookup_region,
        "calculate": make_calculate,
        "current_time": lambda: make_current_time(now),
        "http_get_json": lambda: make_http_get_json(hosts, internal=internal),
    }
    made = {}
    for name in names:
        if name not in makers:
            raise InvalidTools(f"There is no built-in function {name!r}.", advice=f"There are {', '.join(BUILTINS)}.")
        made[name] = makers[name]()
    return made
