"""The proxy for a URL, as the environment says; one that cannot be used is refused, never passed over."""

import base64
import re
from ipaddress import ip_address, ip_network
from urllib.request import getproxies, proxy_bypass

import httpx
from yarl import URL

from playground.base_url import without_login
from playground.errors import InvalidSetting

ADVICE = (
    "Use the address of an HTTP proxy (many SOCKS proxies have one on another port), or list the host in no_proxy "
    "to connect directly."
)


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """What `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say of `url`, in small or in capital letters.

    As curl has it: the variable of the URL's own scheme comes before `all_proxy`.

    Raises:
        InvalidSetting: the proxy is a SOCKS proxy, or its address is invalid. Who sets a proxy does not want a direct
            connection.
    """
    proxies = getproxies()
    scheme = url.scheme if proxies.get(url.scheme) else "all"
    address = proxies.get(scheme, "").strip()
    if not address or _is_bypassed(url, proxies.get("no", "")):
        return None
    name, shown = f"{scheme}_proxy", without_login(address)
    try:
        proxy = httpx.URL(str(URL(address if "://" in address else f"http://{address}")))
    except (httpx.InvalidURL, ValueError):
        raise InvalidSetting(f"{name}: {shown} is not an address of a proxy.", advice=ADVICE) from None
    if proxy.scheme.startswith("socks"):
        raise InvalidSetting(f"{name}: {shown} is a SOCKS proxy; only HTTP proxies are supported.", advice=ADVICE)
    if proxy.scheme not in {"http", "https"} or not proxy.host:
        raise InvalidSetting(f"{name}: {shown} is not an HTTP proxy.", advice=ADVICE)
    if not proxy.userinfo:
        return httpx.Proxy(proxy)
    # aiohttp moves this header to Proxy-Authorization of the right request; its BasicAuth is deprecated.
    login = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    return httpx.Proxy(proxy.copy_with(userinfo=b""), headers={"authorization": f"Basic {login}"})


def _is_bypassed(url: httpx.URL, no_proxy: str) -> bool:
    """Whether `no_proxy` names the host. On a Mac and on Windows, the system's own list counts too."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    if proxy_bypass(f"{host}:{url.port}" if url.port else host):
        return True
    return any(_covers(entry.lower(), url) for entry in re.split(r"[,\s]+", no_proxy) if entry)


def _covers(entry: str, url: httpx.URL) -> bool:
    """An entry is a name with all below it, an address or a network (`10.0.0.0/8`, `[::1]`), or `*`; maybe with a port.

    Python's own rules know neither networks nor `*.example.com`, nor IPv6 addresses without brackets.
    """
    if entry == "*":
        return True
    if match := re.fullmatch(r"(\[.*\]|[^:]*):([0-9]+)", entry):
        if (url.port or {"http": 80, "https": 443}.get(url.scheme)) != int(match[2]):
            return False
        entry = match[1]
    try:
        return ip_address(url.host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name = entry.removeprefix("*").removeprefix(".")
        return bool(name) and (url.host == name or url.host.endswith(f".{name}"))
