"""The central value: one HTTP request, ready to be sent, shown, copied and kept."""

from dataclasses import dataclass

from yarl import URL

from playground.wire.layout import lay_out
from playground.wire.request import ChatRequest


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go.

    Attributes:
        base_url: without a trailing slash; ends in `/v1` as a rule.
        key_name: the environment variable that names the key, or None where no key is sent.
    """

    base_url: str
    key_name: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request whose every byte is decided, except the key, which is only named.

    Attributes:
        method: `POST`.
        url: where it goes, encoded as it is sent.
        key_name: the environment variable that holds the bearer key; None sends no `Authorization`.
        headers: what the playground sets itself, in order, without `Authorization`.
        body: the bytes that are sent and shown.
        n: how many choices are asked for.
    """

    method: str
    url: str
    key_name: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    n: int = 1

    def shown_headers(self) -> tuple[tuple[str, str], ...]:
        """All headers in order, the key as `$NAME`."""
        auth = (("Authorization", f"Bearer ${self.key_name}"),) if self.key_name else ()
        return auth + self.headers

    def sent_headers(self, key: str | None) -> tuple[tuple[str, str], ...]:
        """All headers in order, with the key itself: for the client alone."""
        auth = (("Authorization", f"Bearer {key}"),) if self.key_name and key else ()
        return auth + self.headers


def prepare(request: ChatRequest, target: Target) -> PreparedRequest:
    """Decide the bytes of `request` for `target`.

    Raises:
        InvalidRequest: it cannot be written as JSON.
    """
    return PreparedRequest(
        method="POST",
        url=_encoded(f"{target.base_url.rstrip('/')}/chat/completions"),
        key_name=target.key_name,
        headers=(("Content-Type", "application/json"),),
        body=lay_out(request.to_wire()),
        n=request.n or 1,
    )


def _encoded(url: str) -> str:
    """The URL as aiohttp puts it on the wire; what is no URL stays, for the client to say so.

    Decided here, because curl encodes nothing: it refuses a space, and asks `{a,b}` and `[1-3]` several times.
    """
    try:
        return str(URL(url.replace(" ", "%20"))) if url.startswith(("http://", "https://")) else url
    except ValueError:
        return url
