"""What to do about a redirect, which is not followed: a base URL that leads where it points."""

from urllib.parse import urljoin, urlsplit

from playground.base_url import ENDPOINTS, read_base_url, without_login
from playground.errors import InvalidUrl

MAX_SHOWN = 300  # characters


def advise_redirect(url: str, location: str) -> str:
    """The advice, which names a base URL and no endpoint.

    Args:
        url: what was asked; "" where that is unknown.
        location: the header, which may be relative to it; "" where there is none.
    """
    if not location.strip():
        return "Redirects are not followed; use the new address as the base URL. The server does not name it."
    try:
        target = urljoin(url, location.strip())
        if not target.lower().startswith(("http://", "https://")):
            raise InvalidUrl("It is not a web address.")  # noqa: TRY301 - all such are told in the same words
        asked, leads = urlsplit(url).path.rstrip("/"), urlsplit(target).path.rstrip("/")
        base = read_base_url(target).url
        same = bool(url) and base == read_base_url(url).url
    except (InvalidUrl, ValueError):
        return f"Redirects are not followed, and this one leads to no usable address: {_shown(location)}."
    ending = next((one for one in ENDPOINTS if asked.endswith(one)), "")
    if ending and not leads.endswith(ending):
        return (
            f"Redirects are not followed. This one leads to {_shown(target)}, which is another endpoint: a login page "
            "or a website may answer there. Check the base URL."
        )
    if same:
        return f"Redirects are not followed, and this one leads back to the same base URL: {_shown(base)}."
    return f"Redirects are not followed; use {_shown(base)} as the base URL."


def _shown(url: str) -> str:
    """The URL, unless it is too long. A part of it would not do: a key in it is masked later, if it is whole."""
    return without_login(url) if len(url) <= MAX_SHOWN else f"an address of {len(url):,} characters"
