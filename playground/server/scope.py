"""What an ASGI scope says of a request: who asks, in what role, for which path."""

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from playground.server.access import Role
from playground.server.visitors import COOKIE

ROLE, NAME = "playground.role", "playground.name"


def role(scope: Scope) -> Role:
    """What the one who asks may do; the least, where `Login` has not been passed."""
    return Role(scope.get(ROLE, Role.USER))


def visitor_of(scope: Scope) -> str | None:
    """The visitor's id from the cookie."""
    # As browsers send them: the standard library's reader gives up at another app's cookie that holds JSON.
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE) or None


def path_of(scope: Scope) -> str:
    """The path below the app's own root."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path
