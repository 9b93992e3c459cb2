"""The central value: one HTTP request, ready to be sent, shown, copied and kept."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yarl import URL

from playground.base_url import endpoint
from playground.wire.api import CHAT_COMPLETIONS, Api, WireRequest
from playground.wire.layout import lay_out


class Auth(StrEnum):
    """How a key goes into `Authorization`: as a bearer token, or as `user:password` in base64 (RFC 7617)."""

    BEARER = "Bearer"
    BASIC = "Basic"

    def header(self, key: str) -> str:
        """The header's value."""
        return f"{self} {base64.b64encode(key.encode()).decode() if self is Auth.BASIC else key}"


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go.

    Attributes:
        base_url: without a trailing slash; ends in `/v1` as a rule, and may have a query behind that.
        key_name: the environment variable that names the key, or None where no key is sent.
        auth: what the key is: a token, or `user:password`.
    """

    base_url: str
    key_name: str | None = None
    auth: Auth = Auth.BEARER


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request whose every byte is decided, except the key, which is only named.

    Attributes:
        method: `POST`.
        url: where it goes, encoded as it is sent.
        key_name: the environment variable that holds the key; None sends no `Authorization`.
        headers: what the playground sets itself, in order, without `Authorization`.
        body: the bytes that are sent and shown.
        n: how many choices are asked for.
        auth: what the key is: a token, or `user:password`.
        api: the protocol, by which the answer is read.
        asked_format: what an answer in JSON is judged by: the request's `response_format`, so that it is read once.
    """

    method: str
    url: str
    key_name: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    n: int = 1
    auth: Auth = Auth.BEARER
    api: Api = CHAT_COMPLETIONS
    asked_format: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)  # it is in `body`

    def shown_headers(self) -> tuple[tuple[str, str], ...]:
        """All headers in order, the key as `$NAME`."""
        auth = (("Authorization", f"{self.auth} ${self.key_name}"),) if self.key_name else ()
        return auth + self.headers

    def sent_headers(self, key: str | None) -> tuple[tuple[str, str], ...]:
        """All headers in order, with the key itself: for the client alone."""
        auth = (("Authorization", self.auth.header(key)),) if self.key_name and key else ()
        return auth + self.headers


def prepare(request: WireRequest, target: Target, api: Api = CHAT_COMPLETIONS) -> PreparedRequest:
    """Decide the bytes of `request` for `target`.

    Raises:
        InvalidRequest: it cannot be written as JSON.
        TypeError: it is not a request of that `api`.
    """
    if not isinstance(request, api.request):
        raise TypeError(f"{type(request).__name__} is not the request of {api.id}.")
    return PreparedRequest(
        method="POST",
        url=_encoded(endpoint(target.base_url, api.path)),
        key_name=target.key_name,
        headers=(("Content-Type", "application/json"),),
        body=lay_out(request.to_wire()),
        n=request.choices,
        auth=target.auth,
        api=api,
        asked_format=request.asked_format,
    )


def _encoded(url: str) -> str:
    """The URL as aiohttp puts it on the wire; what is not a URL stays, for the client to say so.

    Decided here, because curl encodes nothing: it refuses a space, and asks `{a,b}` and `[1-3]` several times.
    """
    try:
        return str(URL(url.replace(" ", "%20"))) if url.startswith(("http://", "https://")) else url
    except ValueError:
        return url
