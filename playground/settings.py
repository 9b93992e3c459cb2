"""Settings from the environment, each `PLAYGROUND_…` except the keys; the README lists them all."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from playground.base_url import BaseUrl, read_base_url
from playground.errors import InvalidSetting, InvalidUrl


def _trimmed(value: Any) -> Any:
    """A key without the blanks and line breaks around it, which come along from a file or a form."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return (value.strip() or None) if isinstance(value, str) else value


def _plain_url(text: str) -> str:
    try:
        return read_base_url(text).url
    except InvalidUrl as error:
        raise ValueError(f"{error.message} {error.advice}".strip()) from None


Key = Annotated[SecretStr | None, BeforeValidator(_trimmed)]
PlainUrl = Annotated[str, AfterValidator(_plain_url)]
BASE_URLS = frozenset({"therouter_base_url", "custom_base_url"})


class Settings(BaseSettings):
    """Every setting, with its default. Times are seconds, sizes bytes.

    A base URL is kept as it may be shown; with its login it is `therouter_url` and `custom_url`.
    """

    model_config = SettingsConfigDict(env_prefix="PLAYGROUND_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address the app listens on")
    port: int = Field(7860, ge=0, le=65535, description="port the app listens on; 0 picks a free one")
    users: SecretStr | None = Field(None, description="who may log in: name:password, separated by commas")
    admins: str = Field("", description="the names of those users who are administrators")
    open_without_login: bool = Field(False, description="open the app to others even though it has no login")
    token: SecretStr | None = Field(
        None, description="without a login: the token that identifies the operator; empty: made at each start"
    )
    hosts: str = Field(
        "", description="the host names that others reach the app by, with https:// where TLS is in front"
    )
    trusted_proxies: str = Field(
        "", description="addresses and networks of proxies whose word is taken for the client's address and scheme"
    )
    internal_hosts: str = Field("", description="internal hosts and networks that a visitor's Custom URL may reach")
    frame_ancestors: str = Field(
        "", pattern=r"^[\w.:/*\- ]*$", description="sites that may show the page in a frame; empty: none"
    )
    max_exchanges: int = Field(8, gt=0, description="how many requests of one visitor may run at a time")
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="what is logged")
    backend: str = Field("", description="the initial backend; empty: TheRouter with a key, else Embedded")
    therouter_base_url: PlainUrl = Field("https://api.therouter.ai/v1", description="TheRouter's base URL")
    therouter_api_key: Key = Field(None, validation_alias="THEROUTER_API_KEY", description="TheRouter's key")
    custom_base_url: PlainUrl = Field("http://127.0.0.1:8000/v1", description="the initial Custom URL")
    custom_api_key: Key = Field(None, validation_alias="CUSTOM_API_KEY", description="the key for the Custom URL")
    connect_timeout_s: float = Field(10, gt=0, description="timeout for opening the connection")
    first_byte_timeout_s: float = Field(300, gt=0, description="timeout for the first byte of the response")
    between_chunks_timeout_s: float = Field(120, gt=0, description="timeout between two chunks of the response")
    max_event_bytes: int = Field(8 * 2**20, gt=0, description="the longest event of a stream")
    embedded: bool = Field(True, description="whether the embedded model starts with the app")
    model_path: Path | None = Field(None, description="a GGUF file for the embedded model")
    model_repo: str | None = Field(None, description="a Hub repository with a GGUF file")
    model_file: str | None = Field(None, description="the GGUF file in that repository")
    cache_dir: Path | None = Field(None, description="where model files are kept; empty: the user's cache")
    presets_dir: Path | None = Field(None, description="a folder with presets; empty: the built-in ones")
    engine_environments: str = Field(
        "", description="Python environments with SGLang or vLLM in them, separated by commas; PATH is searched too"
    )
    server_api_key: Key = Field(
        None, validation_alias="SERVER_API_KEY", description="the API key that a server started by `launch` requires"
    )
    drain_s: float = Field(10, ge=0, description="how long a server that is being stopped has to finish its requests")
    tool_hosts: str = Field("", description="hosts that http_get_json may request, separated by commas; empty: none")

    _logins: dict[str, SecretStr] = PrivateAttr(default_factory=dict)  # of the base URLs, by the names of their fields

    @model_validator(mode="wrap")
    @classmethod
    def _keep_logins(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """An empty base URL is none that was set: whether the operator chose one decides who may reach it."""
        if not isinstance(data, dict):
            return handler(data)
        data = {name: value for name, value in data.items() if not (name in BASE_URLS and not str(value).strip())}
        made = handler(data)
        for name in BASE_URLS & data.keys():
            if login := read_base_url(str(data[name])).login:
                made._logins[name] = login  # noqa: SLF001 - its own
        return made

    @property
    def therouter_url(self) -> BaseUrl:
        """TheRouter's base URL, with the login that was set in it."""
        return self._base_url("therouter_base_url")

    @property
    def custom_url(self) -> BaseUrl:
        """The Custom URL at first, with the login that was set in it."""
        return self._base_url("custom_base_url")

    def _base_url(self, name: str) -> BaseUrl:
        base = read_base_url(getattr(self, name))
        return BaseUrl(base.url, self._logins.get(name, base.login))

    def secrets(self) -> tuple[str, ...]:
        """All that is secret in it, for masking: keys, logins in URLs, and the users' passwords or their hashes."""
        logins = [login for base in (self.therouter_url, self.custom_url) if (login := base.login)]
        values = [value for value in (*vars(self).values(), *logins) if isinstance(value, SecretStr)]
        texts = [value.get_secret_value() for value in values]
        texts += [login.get_secret_value().partition(":")[2] for login in logins]
        passwords = self.users.get_secret_value().split(",") if self.users else []
        return (*texts, *(user.partition(":")[2].strip() for user in passwords))

    @property
    def engine_places(self) -> tuple[Path, ...]:
        """The environments of `engine_environments`, one by one."""
        return tuple(Path(path.strip()) for path in self.engine_environments.split(",") if path.strip())

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment.

        Raises:
            InvalidSetting: a value that cannot be used, with its name.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "?"
            variable = name if name.isupper() else f"PLAYGROUND_{name.upper()}"
            said = first["msg"].removeprefix("Value error, ").removesuffix(".")
            raise InvalidSetting(f"{variable}: {said}.", advice="The README lists the settings.") from None
