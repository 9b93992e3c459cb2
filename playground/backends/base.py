"""Backends as values, and how a name or a URL becomes one."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pydantic import SecretStr

from playground.backends.catalogue import ModelEntry
from playground.base_url import EXAMPLE, BaseUrl, looks_like_url, read_base_url, without_login
from playground.errors import InvalidUrl, MissingKey, UnknownBackend
from playground.phases import Phase
from playground.settings import Settings
from playground.wire.prepared import Auth, Target

THEROUTER, EMBEDDED, CUSTOM = "therouter", "embedded", "custom"
EMBEDDED_MODEL = "SmolLM2-135M-Instruct"
DEFAULT_MODELS = {THEROUTER: "deepseek/deepseek-v3.2", EMBEDDED: EMBEDDED_MODEL}


@dataclass(frozen=True, slots=True)
class BackendState:
    """What is known of a backend now. `words`: one short line for a person; `models`: () where unknown."""

    phase: Phase
    words: str
    models: tuple[ModelEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Backend:
    """Somewhere a request can go.

    Attributes:
        name: `therouter`, `embedded`, `custom`, or the URL itself.
        title: as the switcher shows it.
        target: base URL and the name of the key; the URL is "" while an engine has none yet, or where it is invalid.
        key: the key from the environment, if there is one; for Basic the `user:password` of the base URL.
        needs_key: whether nothing can be sent without a key.
        default_model: the model chosen first, or "" to take the first the server lists.
        fault: why the base URL cannot be used; None where it can.
    """

    name: str
    title: str
    target: Target
    key: SecretStr | None = None
    needs_key: bool = False
    default_model: str = ""
    fault: InvalidUrl | None = None

    def known_key(self, visitors: str | None = None) -> str | None:
        """The visitor's own key, else the environment's; a login in the base URL comes before both.

        A request has one `Authorization` header, and the login is what was given for this very address.
        """
        own = self.key.get_secret_value() if self.key else None
        return own if self.target.auth is Auth.BASIC else visitors or own

    def key_to_send(self, visitors: str | None = None) -> str | None:
        """The key as `known_key` has it.

        Raises:
            MissingKey: one is needed and there is none.
        """
        key = self.known_key(visitors)
        if key is None and self.needs_key:
            raise MissingKey(self.title, self.target.key_name or "the key")
        return key


def list_backends(
    settings: Settings,
    *,
    embedded_url: str | None = None,
    custom_url: str | None = None,
    custom_key: bool = False,
) -> tuple[Backend, ...]:
    """The backends of the switcher, in its order.

    Args:
        settings: base URLs and keys.
        embedded_url: the embedded engine's base URL once it runs.
        custom_url: the visitor's URL, if it is not the setting's.
        custom_key: whether the visitor gave a key for it; without any key none is named.
    """
    named = "CUSTOM_API_KEY" if custom_key or settings.custom_api_key else None
    router = Backend(
        THEROUTER,
        "TheRouter",
        Target(settings.therouter_url.url, "THEROUTER_API_KEY"),
        settings.therouter_api_key,
        needs_key=True,
        default_model=DEFAULT_MODELS[THEROUTER],
    )
    try:
        base, fault = choose_custom_url(custom_url or "", settings), None
    except InvalidUrl as error:
        base, fault = BaseUrl(""), error
    custom = Backend(CUSTOM, "Custom URL", Target(base.url, named), settings.custom_api_key, fault=fault)
    return (
        _with_login(router, settings.therouter_url, "THEROUTER_API_LOGIN"),
        Backend(EMBEDDED, "Embedded", Target(embedded_url or ""), default_model=EMBEDDED_MODEL),
        _with_login(custom, base, "CUSTOM_API_LOGIN"),
    )


def choose_custom_url(typed: str, settings: Settings) -> BaseUrl:
    """The base URL that was typed, else the setting's.

    The setting's is shown without its login: where it comes back as it is shown, it is the setting's, login included.

    Raises:
        InvalidUrl: what was typed cannot be used.
    """
    own = settings.custom_url
    base = read_base_url(typed) if typed.strip() else own
    return own if base == BaseUrl(own.url) else base


def _with_login(backend: Backend, base: BaseUrl, name: str) -> Backend:
    """The same, with the login of its base URL as its key."""
    if base.login is None:
        return backend
    return replace(backend, target=Target(base.url, name, Auth.BASIC), key=base.login)


def resolve(name_or_url: str, settings: Settings, *, embedded_url: str | None = None) -> Backend:
    """The backend of that name (`therouter`, `embedded`, `custom`), or one for a base URL, with or without `http://`.

    Raises:
        UnknownBackend: neither a name nor a URL that can be used; the message says why.
    """
    choices = "Use therouter, embedded, custom, or a base URL such as http://127.0.0.1:8000/v1."
    if looks_like_url(name_or_url):
        *_, custom = list_backends(settings, custom_url=name_or_url)
        if custom.fault:
            advice = custom.fault.advice if custom.fault.advice != EXAMPLE else ""
            raise UnknownBackend(custom.fault.message, advice=f"{advice} {choices}".strip())
        return custom
    for backend in list_backends(settings, embedded_url=embedded_url):
        if name_or_url.lower() in {backend.name, backend.title.lower()}:
            return backend
    raise UnknownBackend(
        f"There is no backend {without_login(name_or_url)!r}.",
        advice=choices,
    )


def is_url(text: str) -> bool:
    """Whether `text` is an http(s) URL with a host."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
