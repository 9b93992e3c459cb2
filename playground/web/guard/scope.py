"""What an ASGI scope says of a request: who asks, in what role, for which path."""

from starlette.types import Scope

from playground.auth.access import Role

# Written by `Login`, which every request passes.
ROLE, NAME, VISITOR = "playground.role", "playground.name", "playground.visitor"


def role(scope: Scope) -> Role:
    """What the one who asks may do; the least, where `Login` has not been passed."""
    return Role(scope.get(ROLE, Role.USER))


def visitor_of(scope: Scope) -> str | None:
    """The visitor's id: one that this app gave, never one that someone made up."""
    visitor = scope.get(VISITOR)
    return str(visitor) if visitor else None


def path_of(scope: Scope) -> str:
    """The path below the app's own root."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path
