"""Who may use the app, and what a visitor may do: decided once from the settings, when the app is made."""

import hmac
import math
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from pydantic import SecretStr

from playground.addresses import InternalHosts, is_loopback
from playground.auth.hosts import OwnHosts
from playground.auth.passwords import Users
from playground.auth.sessions import Sessions
from playground.auth.visitors import VisitorIds
from playground.errors import InvalidSetting
from playground.settings import Settings

MIN_TOKEN = 16  # characters
PRINTED_ADDRESS = (
    "Open the address that the app printed when it started (it ends in ?token=…): it is the same page, with "
    "permission to start programs."
)


class Role(StrEnum):
    """What a visitor may do: an administrator also runs programs and reaches inside addresses."""

    ADMIN = "admin"
    USER = "user"


class Way(StrEnum):
    """How the app is opened: to this machine alone, to those who log in, or to whoever reaches it."""

    LOCAL = "local"
    LOGIN = "login"
    NO_LOGIN = "no login"


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever has the token: the person who started the app."""

    name: str = ""
    admin: bool = True


@dataclass(slots=True)
class Access:
    """Whether the app is open to others, and to whom.

    Attributes:
        way: how it is opened.
        users: those who may log in; None where there is no login.
        sessions: those who are logged in, or have come with the token.
        internal: the inside hosts that visitors may reach.
        hosts: the names that the app is asked by.
        framed: whether other sites may show the page in a frame.
        token: what makes the operator of an app on this machine alone known; None where there is none.
        token_is_set: whether a person chose it, so that it may be one that can be guessed.
        ids: the visitors' ids.
    """

    way: Way
    users: Users | None
    sessions: Sessions
    internal: InternalHosts
    hosts: OwnHosts
    framed: bool = False
    token: SecretStr | None = None
    token_is_set: bool = False
    ids: VisitorIds = field(default_factory=VisitorIds)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read the settings.

        Raises:
            InvalidSetting: one cannot be read, or the app would be open to others with no login.
        """
        text = settings.users.get_secret_value() if settings.users else ""
        users = Users.parse(text, settings.admins) if text.strip() or settings.admins.strip() else None
        unless = Way.NO_LOGIN if settings.open_without_login else Way.LOCAL
        way = unless if users is None else Way.LOGIN
        if way is Way.LOCAL:
            _must_be_local(settings)
        token = settings.token if settings.token and settings.token.get_secret_value() else None
        if token is not None:
            _check_token(token, way)
        made = SecretStr(secrets.token_urlsafe(24)) if way is Way.LOCAL else None
        return cls(
            way,
            users,
            Sessions(),
            InternalHosts.parse(settings.internal_hosts),
            OwnHosts.from_settings(settings, local=way is Way.LOCAL),
            framed=bool(settings.frame_ancestors),
            token=token or made,
            token_is_set=token is not None,
        )

    @property
    def opened(self) -> bool:
        """Whether others than those on this machine may reach it: it listens beyond, or stands behind a proxy."""
        return self.way is not Way.LOCAL

    def begin(self, token: str) -> str | None:
        """A session for whoever gives the app's token, as long as the app runs; None for another token."""
        own = self.token.get_secret_value() if self.token else ""
        if not own or not hmac.compare_digest(token.encode(), own.encode()):
            return None
        return self.sessions.begin(Operator(), session_s=math.inf)

    def visitor(self, cookie: str | None) -> str | None:
        """The visitor's id from a cookie: a session's, or one that this app gave; None for anything else."""
        return cookie if self.sessions.get(cookie) or self.ids.knows(cookie) else None

    def owner(self, visitor: str | None) -> str | None:
        """To whom belongs what a visitor does: a user over all their logins, else the visitor; None for nobody."""
        if session := self.sessions.get(visitor):
            return f"name {session.user.name}"
        return f"visitor {visitor}" if self.users is None and self.ids.knows(visitor) else None

    def role(self, visitor: str | None) -> Role:
        """The role of the visitor with that id."""
        session = self.sessions.get(visitor)
        return Role.ADMIN if session and session.user.admin else Role.USER

    def may_run_programs(self, visitor: str | None) -> bool:
        """Launch and stop servers, look at this machine, use MCP servers, hand files to tools."""
        return self.role(visitor) is Role.ADMIN

    def reaches_inside(self, visitor: str | None) -> bool:
        """Whether a URL of the visitor's may lead to this machine or its network.

        On a plain 127.0.0.1 every visitor's may: whoever can ask the app there can ask those addresses, too.
        """
        return not self.opened or self.may_run_programs(visitor)

    def refusal(self, what: str) -> str:
        """What is told to who may not run programs. `what`: what administrators do, as in "launch servers"."""
        match self.way:
            case Way.LOCAL:
                return f"This page is not allowed to {what}. {PRINTED_ADDRESS}"
            case Way.LOGIN:
                return f"Only administrators can {what} here. Ask one of them."
            case Way.NO_LOGIN:
                return (
                    f"Nobody can {what} here: this app is open without a login. Its operator can set "
                    "PLAYGROUND_USERS and PLAYGROUND_ADMINS."
                )


def _must_be_local(settings: Settings) -> None:
    advice = (
        "Set PLAYGROUND_USERS=name:password (and PLAYGROUND_ADMINS=name), or keep the app on 127.0.0.1. "
        "Only if a proxy in front has a login of its own, set PLAYGROUND_OPEN_WITHOUT_LOGIN=true."
    )
    if not is_loopback(settings.host):
        raise InvalidSetting(
            f"PLAYGROUND_HOST is {settings.host!r}: others can reach the app there, and there is no login.",
            advice=advice,
        )
    for name, value in (("HOSTS", settings.hosts), ("TRUSTED_PROXIES", settings.trusted_proxies)):
        if value.strip():
            raise InvalidSetting(
                f"PLAYGROUND_{name} is set: others can reach the app through a proxy, and there is no login.",
                advice=advice,
            )


def _check_token(token: SecretStr, way: Way) -> None:
    if way is not Way.LOCAL:
        why = "administrators log in" if way is Way.LOGIN else "nobody runs programs"
        raise InvalidSetting(
            f"PLAYGROUND_TOKEN works only for an app that nobody outside this machine can reach; otherwise {why}.",
            advice="Leave it out.",
        )
    if len(token.get_secret_value()) < MIN_TOKEN:
        raise InvalidSetting(
            f"PLAYGROUND_TOKEN is shorter than {MIN_TOKEN} characters.",
            advice="Unset it, and the app makes one at each start.",
        )
