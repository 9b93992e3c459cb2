"""`current_time`: date and time in a time zone of the IANA database."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from playground.tools.builtin.base import Builtin, ToolFailed, text_argument
from playground.tools.definitions import make_tool


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def make_current_time(now: Callable[[], datetime] = utc_now) -> Builtin:
    """The function; `now` is the clock, with a time zone of its own."""
    parameters = {
        "type": "object",
        "properties": {"time_zone": {"type": "string", "description": "An IANA name, such as Europe/Berlin or UTC"}},
        "required": ["time_zone"],
    }

    async def call(arguments: dict[str, Any]) -> dict[str, str]:
        name = text_argument(arguments, "time_zone")
        try:
            zone = ZoneInfo(name)
        except (KeyError, OSError, ValueError):  # not in the database; a folder there; a path out of it
            raise _unknown(name) from None
        here = now().astimezone(zone)
        return {
            "time": here.isoformat(timespec="seconds"),
            "weekday": f"{here:%A}",
            "time_zone": name,
            "abbreviation": here.tzname() or "",
        }

    return Builtin(make_tool("current_time", "The date and time now in a time zone.", parameters), call)


def _unknown(name: str) -> ToolFailed:
    return ToolFailed(f"There is no time zone {name[:100]!r}; a name looks like Europe/Berlin.")
