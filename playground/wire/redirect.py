"""What to do about a redirect, which is not followed: a base URL that leads where it points."""

from urllib.parse import urljoin, urlsplit

from playground.base_url import ENDPOINTS, read_base_url, without_login
from playground.errors import InvalidUrl


def advise_redirect(url: str, location: str) -> str:
    """The advice, which names a base URL and no endpoint.

    Args:
        url: what was asked; "" where that is unknown.
        location: the header, which may be relative to it; "" where there is none.
    """
    if not location.strip():
        return "Redirects are not followed; use the new address as base URL. The server does not name it."
    try:
        target = urljoin(url, location.strip())
        if not target.lower().startswith(("http://", "https://")):
            raise InvalidUrl("It is no web address.")  # noqa: TRY301 - all such are told in the same words
        asked, leads = urlsplit(url).path.rstrip("/"), urlsplit(target).path.rstrip("/")
        base = read_base_url(target).url
        same = bool(url) and base == read_base_url(url).url
    except (InvalidUrl, ValueError):
        return f"Redirects are not followed, and this one leads to no usable address: {without_login(location)}."
    ending = next((one for one in ENDPOINTS if asked.endswith(one)), "")
    if ending and not leads.endswith(ending):
        return (
            f"Redirects are not followed. This one leads to {without_login(target)}, which is another endpoint: a "
            "login page or a website may answer there. Check the base URL."
        )
    if same:
        return f"Redirects are not followed, and this one leads back to the same base URL: {without_login(base)}."
    return f"Redirects are not followed; use {without_login(base)} as base URL."
