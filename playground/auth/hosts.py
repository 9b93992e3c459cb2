"""By which names the app is asked: what a `Host`, an `X-Forwarded-Host` or an `Origin` may say.

Gradio writes the `Host` into the page, and a name that someone had rebound to this machine (DNS rebinding) would be
the page's own origin to a browser. So only known names are answered: on a plain 127.0.0.1 loopback's; opened to
others this machine's addresses and names, and those of `PLAYGROUND_HOSTS`. No name is looked up for it.
"""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import psutil

from playground.addresses import is_loopback
from playground.errors import InvalidSetting
from playground.settings import Settings

SETTING = "PLAYGROUND_HOSTS"
SPACE = "SPACE_HOST"  # what Hugging Face's Spaces call theirs; it is reached over https alone
FRESH_S = 10.0  # interfaces come and go
EVERY = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what a name is not


@dataclass(frozen=True, slots=True)
class Named:
    """A host that the operator named: `play.example.org`, with a port, or with `https://` where TLS is in front."""

    name: str
    port: int | None = None
    https: bool = False

    @classmethod
    def parse(cls, entry: str) -> Self:
        """Read one entry.

        Raises:
            InvalidSetting: it is not a host.
        """
        scheme, mark, rest = entry.rpartition("://")
        host = Host.parse(rest)
        if host is None or scheme not in {"", "http", "https"} or (mark and not scheme):
            raise InvalidSetting(
                f"{SETTING}: {entry!r} is not a host.",
                advice="Use play.example.org, play.example.org:8443 or https://play.example.org, separated by commas.",
            )
        return cls(host.name, host.port, scheme == "https")

    def covers(self, host: "Host") -> bool:
        """Whether it stands for that host; without a port, for any of its ports."""
        return host.name == self.name and self.port in {None, host.port}

    def __str__(self) -> str:
        """As a `Host` header has it."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Host:
    """A name and a port, as a `Host` header or the end of an `Origin` has them; the port is None where it has none."""

    name: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read it; None where it is none."""
        if not text or any(letter in text for letter in "/?#@\\,; \t"):
            return None
        try:
            parts = urlsplit(f"//{text}")
            name, port = parts.hostname, parts.port
        except ValueError:  # such as `[`, or a port that is none
            return None
        return cls(name, port) if name else None


@dataclass(slots=True)
class OwnHosts:
    """The app's own names.

    Attributes:
        local: whether only loopback's names count.
        listens: the name or address that it listens on.
        named: what the operator named.
    """

    local: bool
    listens: str = ""
    named: tuple[Named, ...] = ()
    _machine: frozenset[str] = frozenset()
    _read_at: float = field(default=-FRESH_S)

    @classmethod
    def from_settings(cls, settings: Settings, *, local: bool, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings, and a Space's name.

        Raises:
            InvalidSetting: an entry that is not a host.
        """
        entries = [entry for part in settings.hosts.split(",") if (entry := part.strip().lower())]
        if not local and (space := environ.get(SPACE, "").strip().lower()):
            entries.append(f"https://{space}")
        return cls(local, settings.host.lower(), tuple(map(Named.parse, entries)))

    def knows(self, text: str) -> bool:
        """Whether a `Host` header is one of the app's own."""
        host = Host.parse(text)
        if host is None:
            return False
        if is_loopback(host.name):
            return True
        if self.local:
            return False
        return self._is_named(host) or host.name in self._machines_names()

    def shown(self, host: str, forwarded: Sequence[str]) -> str:
        """The name in the visitor's browser.

        Args:
            host: the `Host`, one of the app's own.
            forwarded: what `X-Forwarded-Host` says, all of it the app's own; whoever says it, it can be no other.
        """
        if forwarded:
            return forwarded[0]
        asked = Host.parse(host)
        if self.named and asked is not None and is_loopback(asked.name) and not self._is_named(asked):
            return str(self.named[0])  # as nginx's plain `proxy_pass` says 127.0.0.1, whoever was asked
        return host

    def is_https(self, text: str) -> bool:
        """Whether the operator said that TLS is in front of that host."""
        host = Host.parse(text)
        return host is not None and any(one.https and one.covers(host) for one in self.named)

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether an `Origin` is the page's own, for a request with that `Host`.

        Another port is another origin. A proxy on this machine may pass another `Host` on than it was asked by: the
        names that the operator gave count with whatever port they have there.
        """
        scheme, mark, rest = origin.partition("://")
        if not mark or scheme not in {"http", "https"}:
            return False
        default = 443 if scheme == "https" else 80
        asked = Host.parse(rest)
        if asked is None:
            return False
        own = Host.parse(host)
        if own is not None and self.knows(host) and _same(asked, own, default):
            return True
        return any(
            _same(asked, Host(one.name, one.port), default) and not (one.https and scheme == "http")
            for one in self.named
        )

    def _is_named(self, host: Host) -> bool:
        return any(one.covers(host) for one in self.named)

    def _machines_names(self) -> frozenset[str]:
        if time.monotonic() - self._read_at >= FRESH_S:
            name = socket.gethostname().lower()
            addresses = (one.address.partition("%")[0] for some in psutil.net_if_addrs().values() for one in some)
            names = {name, name.partition(".")[0], f"{name.partition('.')[0]}.local", *addresses, self.listens} - EVERY
            self._machine, self._read_at = frozenset(names), time.monotonic()
        return self._machine


def _same(one: Host, other: Host, default_port: int) -> bool:
    return one.name == other.name and (one.port or default_port) == (other.port or default_port)
