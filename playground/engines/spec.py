"""What is to be served and how, as a checked value: the form, the command line and the recipes all make one."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from playground.environment import is_secret
from playground.errors import InvalidLaunch

MAX_PORT = 65535
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")  # huggingface_hub's rule for a repository
SERVER_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Arguments that carry a secret, also shortened as argparse allows: every user of the machine can read argv.
_SECRET_ARGUMENT = re.compile(
    r"--?(?:admin[-_]|api(?![-_]server)|hf[-_]?t(?:o(?:k(?:en?)?)?)?(?:=|$)|ssl[-_]keyfile[-_]p"
    r"|(?:[a-z0-9]+[-_])*(?:pass(?:word|wd|phrase)|credentials?|secret[-_](?:access[-_])?key"
    r"|(?:auth|access|bearer|hub|huggingface|wandb|ngc|github|api)[-_]?(?:token|key)s?)(?:=|$)"
    r"|(?:[a-z0-9]+[-_])+secret(?:=|$))",
    re.IGNORECASE,
)
_VARIABLE_GIVEN = re.compile(r"(?:-e=?|--env=)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)
_LOOKS_SECRET = re.compile(
    r"(?<![\w-])(?P<begin>hf_|sk-|gh[pousr]_|AKIA)[A-Za-z0-9_-]{20,}|\b(?P<scheme>Bearer|Basic)\s+[\w.~+/=-]{8,}"
)
_HOW = "give it as the API key, or as a variable (env), such as HF_TOKEN"
# What a field of its own says; the extra arguments come last, so that they would win unseen.
_OWN_FIELD = re.compile(r"--(host|port|server[-_]name|server[-_]port)(=|$)")


class LaunchSpec(BaseModel):
    """One server that is to be launched. A field that is None or empty is not passed to the engine.

    Attributes:
        engine: a name of `playground.engines.kinds.ENGINES`.
        model: a repository of the Hub (`owner/name`), or a local folder or file as a path with a slash in it.
        name: the server's name in the switcher; "" derives one from the model.
        host: where it listens.
        port: 1 to 65535; None takes the engine's default, or the next that is free.
        served_name: the model's name in the API; "" leaves it to the engine.
        revision: of the Hub's repository.
        tensor_parallel, pipeline_parallel, data_parallel: into how many parts the model is split, and how often it
            is there.
        memory_fraction: of the GPU's memory, 0 to 1 (SGLang's mem-fraction-static, vLLM's gpu-memory-utilization).
        context_length: tokens.
        dtype, kv_cache_dtype, quantization: as the engine names them.
        tool_parser, reasoning_parser: as the engine names them; without one there are no tool calls, no reasoning.
        chat_template: a file.
        trust_remote_code: whether code of the model's repository may run.
        extra: further arguments, each one word, as the engine takes them; they come last.
        env: further variables of the engine's environment.
        api_key: what the server asks its clients for; it reaches the engine by environment or file, never by argv.
        idle_stop_min: minutes without a request after which it is stopped; None never.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    model: str
    name: str = ""
    host: str = "127.0.0.1"
    port: int | None = Field(None, ge=1, le=MAX_PORT)
    served_name: str = ""
    revision: str = ""
    tensor_parallel: int = Field(1, ge=1, le=1024)
    pipeline_parallel: int = Field(1, ge=1, le=1024)
    data_parallel: int = Field(1, ge=1, le=1024)
    memory_fraction: float | None = Field(None, gt=0, lt=1)
    context_length: int | None = Field(None, ge=1)
    dtype: str = ""
    kv_cache_dtype: str = ""
    quantization: str = ""
    tool_parser: str = ""
    reasoning_parser: str = ""
    chat_template: str = ""
    trust_remote_code: bool = False
    extra: tuple[str, ...] = ()
    env: Mapping[str, str] = Field(default_factory=dict)
    api_key: SecretStr | None = None
    idle_stop_min: float | None = Field(None, gt=0)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Check a mapping.

        Raises:
            InvalidLaunch: a field that cannot be used, with its name.
        """
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise InvalidLaunch(first["msg"].removeprefix("Value error, "), field=field) from None

    def changed(self, **fields: Any) -> Self:
        """A copy with these fields set, checked like the first.

        Raises:
            InvalidLaunch: a value that cannot be used.
        """
        return self.parse({name: getattr(self, name) for name in type(self).model_fields} | fields)

    @property
    def is_local(self) -> bool:
        """Whether the model is a path of this machine: it begins with `/`, `./` or `~/`, or ends in `.gguf`."""
        return is_path(self.model)

    @field_validator("model")
    @classmethod
    def _check_model(cls, model: str) -> str:
        if _CONTROL.search(model):
            raise ValueError("a model's name is one line")
        if model.startswith("-"):
            raise ValueError("a model's name does not begin with a dash: the engine would take it for an argument")
        if is_path(model):
            if ".." in PurePath(model).parts:
                raise ValueError("a model's path does not climb with '..'; give the whole path")
            return model
        if not HUB_ID.fullmatch(model) or "--" in model or ".." in model:
            raise ValueError(
                f"{model!r} is neither a repository of the Hub (owner/name) nor a path (/folder, ./folder, ~/folder)"
            )
        return model

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if name and not SERVER_NAME.fullmatch(name):  # it is a part of an address of the app, and of a file's name
            raise ValueError("a server's name has at most 64 letters and digits, and . _ - between them")
        return name

    @field_validator("served_name")
    @classmethod
    def _check_served_name(cls, name: str) -> str:
        if name and not re.fullmatch(r"[A-Za-z0-9][\w./:-]{0,127}", name):
            raise ValueError("a name has letters, digits, and . _ - / : between them")
        return name

    @field_validator("host", "revision", "dtype", "kv_cache_dtype", "quantization", "tool_parser", "reasoning_parser")
    @classmethod
    def _check_word(cls, word: str) -> str:
        if word and not re.fullmatch(r"[A-Za-z0-9_:.][\w.:/@+-]*", word):
            raise ValueError(f"{word!r} is not a single plain word")
        return word

    @field_validator("chat_template")
    @classmethod
    def _check_template(cls, path: str) -> str:
        if _CONTROL.search(path) or path.startswith("-"):
            raise ValueError("a chat template is the path of a file")
        return path

    @field_validator("extra")
    @classmethod
    def _check_extra(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            check_word(word)
            if _OWN_FIELD.match(word):
                raise ValueError(f"{word.partition('=')[0]} has a field of its own: use host or port")
        return words

    @field_validator("api_key")
    @classmethod
    def _check_key(cls, key: SecretStr | None) -> SecretStr | None:
        # What an HTTP header can carry. The value is in no message.
        if key is not None and not re.fullmatch(r"[!-,.-~][!-~]*", key.get_secret_value()):
            raise ValueError("a key is printable ASCII without spaces, and does not begin with a dash")
        return key

    @field_validator("env")
    @classmethod
    def _check_env(cls, env: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in env.items():
            if not _VARIABLE.fullmatch(name):
                raise ValueError(f"{name!r} is not a valid name of an environment variable")
            if "\0" in value or re.search("[\ud800-\udfff]", value):
                raise ValueError(f"the value of {name} holds a NUL, or no Unicode")
        return env


def check_word(word: str) -> None:
    """An argument as a person wrote it.

    Raises:
        ValueError: it is not a plain line, or it begins what would put a secret where all users can read it.
    """
    if _CONTROL.search(word):
        raise ValueError(f"the argument {word!r} holds a line end or another control character")
    if _SECRET_ARGUMENT.match(word):
        name = word.partition("=")[0]
        raise ValueError(f"{name} would show a secret to all users of the machine: {_HOW}")
    if (given := _VARIABLE_GIVEN.fullmatch(word)) and is_secret(given["name"], given["value"]):
        raise ValueError(
            f"{given['name']}=… among the arguments would show a secret to all users of the machine: {_HOW}"
        )
    if found := _LOOKS_SECRET.search(word):
        raise ValueError(
            f"an argument holds what looks like a key ({found['begin'] or found['scheme']}…): all users of the machine "
            f"could read the secret there; {_HOW}"
        )


def is_path(model: str) -> bool:
    """Whether a model is named by a path of this machine."""
    return model.startswith(("/", "./", "~/", "../")) or model.endswith(".gguf")
