"""The one cookie: a visitor's random id, which is also a login's token."""

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from playground.auth.visitors import COOKIE


def build_cookie(value: str, *, secure: bool, framed: bool = False) -> str:
    """The `Set-Cookie` of a visitor: out of scripts' reach, gone with the browser session; "" deletes it.

    In a frame on another site a browser sends it only as `SameSite=None`, which it takes on https alone;
    `Partitioned` then keeps it to that one site. `Gate` refuses what such a site sends itself.
    """
    site = "None; Partitioned" if framed and secure else "strict"
    end = "; Secure" if secure else ""
    gone = "; Max-Age=0" if not value else ""
    return f"{COOKIE}={value}; HttpOnly; Path=/; SameSite={site}{end}{gone}"


def cookie_of(scope: Scope) -> str | None:
    """What the cookie holds, whoever wrote it."""
    # As browsers send them: the standard library's reader gives up at another app's cookie that holds JSON.
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE) or None
