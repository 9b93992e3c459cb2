"""A base URL as a person gives it: typed, pasted, in a setting or on the command line. It is read here alone.

What a person pastes is rarely the base URL itself: the scheme is missing, the path of an endpoint is still there, or a
user and password stand before the host. Here it becomes what requests are made from.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from playground.errors import InvalidUrl

EXAMPLE = "A base URL looks like http://127.0.0.1:8000/v1."
# What people paste along with a base URL, the longest first.
ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/embeddings", "/models")
MAX_SHOWN = 200  # characters of a URL in an error
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_HALF_A_SCHEME = re.compile(r"(?i)https?:(?!//)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_IN_A_HOST = re.compile(r"[\s\"<>\\^`{|}]")


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A base URL that requests can be made from.

    Attributes:
        url: scheme, host, path without a slash at its end, and a query where one was given. It can be shown.
        login: `user:password`, which goes as `Authorization: Basic` (RFC 7617); None without one.
    """

    url: str
    login: SecretStr | None = None

    def __str__(self) -> str:
        """Without the login."""
        return self.url


def read_base_url(text: str) -> BaseUrl:
    """What a person means by `text`: with a scheme, and without the path of an endpoint.

    Raises:
        InvalidUrl: it is no http(s) URL, or has a fragment. The message has no password in it.
    """
    text = text.strip()
    if not text:
        raise InvalidUrl("The base URL is empty.", advice=EXAMPLE)
    shown = without_login(text)
    shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}…"
    if _CONTROL.search(text):
        raise InvalidUrl(f"The base URL {shown!r} contains a control character or a line break.", advice=EXAMPLE)
    if "#" in text:
        raise InvalidUrl(
            f"The base URL {shown} has a fragment (#…), which is never sent to a server.",
            advice="Remove the # and what follows it. In a password, write # as %23.",
        )
    if _HALF_A_SCHEME.match(text):
        raise InvalidUrl(f"The base URL {shown} lacks the // after its scheme.", advice=EXAMPLE)
    try:
        parts = urlsplit(text if _SCHEME.match(text) else f"http://{text}")
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        # Python's words hold a piece of the URL, which may be a password with a / in it.
        why = "its host or its port is invalid" if "@" in text else str(error)
        raise InvalidUrl(f"The base URL {shown} cannot be read: {why}.", advice=EXAMPLE) from None
    if parts.scheme not in {"http", "https"}:
        raise InvalidUrl(f"The base URL {shown} starts with {parts.scheme}://; use http:// or https://.")
    user_info, _, netloc = parts.netloc.rpartition("@")
    if not host or _NOT_IN_A_HOST.search(netloc):
        raise InvalidUrl(f"The base URL {shown} has no valid host.", advice=EXAMPLE)
    query = f"?{parts.query}" if parts.query else ""
    return BaseUrl(f"{parts.scheme}://{netloc}{_path(parts.path, host)}{query}", _login(user_info))


def _path(path: str, host: str) -> str:
    """Without an endpoint at its end."""
    path = path.rstrip("/")
    # Azure's model inference API has its endpoint at /models/chat/completions.
    while not (host.endswith(".azure.com") and path.lower() == "/models"):
        ending = next((one for one in ENDPOINTS if path.lower().endswith(one)), "")
        if not ending:
            break
        path = path.removesuffix(path[-len(ending) :]).rstrip("/")
    return path


def _login(user_info: str) -> SecretStr | None:
    user, _, password = user_info.partition(":")
    return SecretStr(f"{unquote(user)}:{unquote(password)}") if user or password else None


def endpoint(base_url: str, path: str) -> str:
    """The URL of an endpoint, such as `chat/completions`: a query of the base URL stays behind the path."""
    base, mark, query = base_url.partition("?")
    return f"{base.rstrip('/')}/{path}{mark}{query}"


def origin_of(base_url: str) -> str:
    """Where `health` and `metrics` are: the base URL without a trailing `/v1`; a query stays."""
    base, mark, query = base_url.strip().partition("?")
    return base.rstrip("/").removesuffix("/v1").rstrip("/") + mark + query


def looks_like_url(text: str) -> bool:
    """Whether a word is rather a URL, perhaps without its scheme, than a name: `localhost:8000`, `api.example.com`."""
    text = text.strip()
    return text.lower() == "localhost" or any(letter in text for letter in "./:")


def without_login(text: str) -> str:
    """A URL that may be shown in an error, also where it cannot be read: what stands before its last @ is hidden."""
    scheme = _SCHEME.match(text)
    before, at, after = text[scheme.end() if scheme else 0 :].rpartition("@")
    return f"{scheme[0] if scheme else ''}***@{after}" if at and before else text
