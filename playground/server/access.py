"""Who may use the app, and what a visitor may do: decided once from the settings, when the app is made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from playground.addresses import InternalHosts, is_loopback
from playground.errors import InvalidSetting
from playground.server.passwords import Users
from playground.server.sessions import Sessions
from playground.settings import Settings


class Role(StrEnum):
    """What a visitor may do: an administrator also launches engines and reaches inside addresses."""

    ADMIN = "admin"
    USER = "user"


@dataclass(slots=True)
class Access:
    """Whether the app is open to others, and to whom.

    Attributes:
        opened: it listens beyond this machine, or wants a login (as behind a proxy on this machine).
        users: those who may log in; None where there is no login.
        sessions: those who are logged in.
        internal: the inside hosts that visitors may reach.
        framed: whether other sites may show the page in a frame.
    """

    opened: bool
    users: Users | None
    sessions: Sessions
    internal: InternalHosts
    framed: bool = False

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read the settings.

        Raises:
            InvalidSetting: one cannot be read, or the app would be open to others with no login.
        """
        text = settings.users.get_secret_value() if settings.users else ""
        users = Users.parse(text, settings.admins) if text.strip() or settings.admins.strip() else None
        local = is_loopback(settings.host)
        if not local and users is None and not settings.open_without_login:
            raise InvalidSetting(
                f"PLAYGROUND_HOST is {settings.host!r}: others can reach the app there, and there is no login.",
                advice="Set PLAYGROUND_USERS=name:password (and PLAYGROUND_ADMINS=name), or keep the app on 127.0.0.1. "
                "Only where a proxy has a login of its own, set PLAYGROUND_OPEN_WITHOUT_LOGIN=true.",
            )
        internal = InternalHosts.parse(settings.internal_hosts)
        return cls(not local or users is not None, users, Sessions(), internal, bool(settings.frame_ancestors))

    def role(self, visitor: str | None) -> Role:
        """The role of the visitor with that id: on one's own machine, everyone is an administrator."""
        if not self.opened:
            return Role.ADMIN
        session = self.sessions.get(visitor)
        return Role.ADMIN if session and session.user.admin else Role.USER
