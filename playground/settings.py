"""Settings from the environment, each `PLAYGROUND_…` except the keys; the README lists them all."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from playground.errors import InvalidSetting


class Settings(BaseSettings):
    """Every setting, with its default. Times are seconds, sizes bytes."""

    model_config = SettingsConfigDict(env_prefix="PLAYGROUND_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address the app listens on")
    port: int = Field(7860, ge=0, le=65535, description="port the app listens on; 0 takes a free one")
    users: SecretStr | None = Field(None, description="who may log in: name:password, with commas between")
    admins: str = Field("", description="the names of those users who are administrators")
    open_without_login: bool = Field(False, description="opens the app to others although it has no login")
    token: SecretStr | None = Field(
        None, description="without a login: what makes the operator known; empty: made at each start"
    )
    hosts: str = Field("", description="the names that others ask the app by, with https:// where TLS is in front")
    trusted_proxies: str = Field(
        "", description="addresses and networks of proxies that say who asks and whether by https"
    )
    internal_hosts: str = Field("", description="inside hosts and networks that a visitor's Custom URL may reach")
    frame_ancestors: str = Field(
        "", pattern=r"^[\w.:/*\- ]*$", description="sites that may show the page in a frame; empty: none"
    )
    max_exchanges: int = Field(8, gt=0, description="how many requests of one visitor may run at a time")
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="what is logged")
    backend: str = Field("", description="the first backend; empty: TheRouter with a key, else Embedded")
    therouter_base_url: str = Field("https://api.therouter.ai/v1", description="TheRouter's base URL")
    therouter_api_key: SecretStr | None = Field(
        None, validation_alias="THEROUTER_API_KEY", description="TheRouter's key"
    )
    custom_base_url: str = Field("http://127.0.0.1:8000/v1", description="the Custom URL at first")
    custom_api_key: SecretStr | None = Field(
        None, validation_alias="CUSTOM_API_KEY", description="the key for the Custom URL"
    )
    connect_timeout_s: float = Field(10, gt=0, description="until the connection stands")
    first_byte_timeout_s: float = Field(300, gt=0, description="until the first byte of the answer")
    between_chunks_timeout_s: float = Field(120, gt=0, description="between two pieces of the answer")
    max_event_bytes: int = Field(8 * 2**20, gt=0, description="the longest event of a stream")
    embedded: bool = Field(True, description="whether the embedded model starts with the app")
    model_path: Path | None = Field(None, description="a GGUF file for the embedded model")
    model_repo: str | None = Field(None, description="a Hub repository with a GGUF file")
    model_file: str | None = Field(None, description="the GGUF file in that repository")
    cache_dir: Path | None = Field(None, description="where model files are kept; empty: the user's cache")
    presets_dir: Path | None = Field(None, description="a folder with presets; empty: those that come along")
    engine_environments: str = Field(
        "", description="Python environments with SGLang or vLLM in them, with commas between; PATH is searched too"
    )
    server_api_key: SecretStr | None = Field(
        None, validation_alias="SERVER_API_KEY", description="the key that a server asks for which `launch` starts"
    )
    drain_s: float = Field(10, ge=0, description="how long a server that is stopped may finish its requests")
    tool_hosts: str = Field("", description="hosts that http_get_json may ask, with commas between; empty: none")

    def secrets(self) -> tuple[str, ...]:
        """All that is secret in it, for masking: the keys, and the users' passwords or their hashes."""
        values = (value for value in vars(self).values() if isinstance(value, SecretStr))
        texts = [value.get_secret_value() for value in values]
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
            raise InvalidSetting(f"{variable}: {first['msg']}.", advice="The README lists the settings.") from None
