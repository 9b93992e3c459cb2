"""Backends as values, and how a name or a URL becomes one."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from playground.backends.catalogue import ModelEntry
from playground.errors import MissingKey, UnknownBackend
from playground.phases import Phase
from playground.settings import Settings
from playground.wire.prepared import Target

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
        target: base URL and the name of the key; the URL is "" while an engine has none yet.
        key: the key from the environment, if there is one.
        needs_key: whether nothing can be sent without a key.
        default_model: the model chosen first, or "" to take the first the server lists.
    """

    name: str
    title: str
    target: Target
    key: SecretStr | None = None
    needs_key: bool = False
    default_model: str = ""

    def key_to_send(self, visitors: str | None = None) -> str | None:
        """The visitor's own key, else the environment's.

        Raises:
            MissingKey: one is needed and there is none.
        """
        key = visitors or (self.key.get_secret_value() if self.key else None)
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
    return (
        Backend(
            THEROUTER,
            "TheRouter",
            Target(settings.therouter_base_url.rstrip("/"), "THEROUTER_API_KEY"),
            settings.therouter_api_key,
            needs_key=True,
            default_model=DEFAULT_MODELS[THEROUTER],
        ),
        Backend(EMBEDDED, "Embedded", Target(embedded_url or ""), default_model=EMBEDDED_MODEL),
        Backend(
            CUSTOM,
            "Custom URL",
            Target(((custom_url or "").strip() or settings.custom_base_url).strip().rstrip("/"), named),
            settings.custom_api_key,
        ),
    )


def resolve(name_or_url: str, settings: Settings, *, embedded_url: str | None = None) -> Backend:
    """The backend of that name (`therouter`, `embedded`, `custom`), or one for a base URL.

    Raises:
        UnknownBackend: neither a name nor an http(s) URL.
    """
    if is_url(name_or_url):
        *_, custom = list_backends(settings, custom_url=name_or_url)
        return custom
    for backend in list_backends(settings, embedded_url=embedded_url):
        if name_or_url.lower() in {backend.name, backend.title.lower()}:
            return backend
    raise UnknownBackend(
        f"There is no backend {name_or_url!r}.",
        advice="Use therouter, embedded, custom, or a base URL such as http://127.0.0.1:8000/v1.",
    )


def is_url(text: str) -> bool:
    """Whether `text` is an http(s) URL with a host."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
