"""What every engine tells about itself; all of it pure: a specification in, a command out; a line in, a phase out."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from playground.engines.spec import LaunchSpec
from playground.phases import Phase


@dataclass(frozen=True, slots=True)
class Progress:
    """What a log line says. `fraction`: of this phase, 0 to 1; None unknown. `words`: shards, bytes, sizes."""

    phase: Phase
    fraction: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where an engine is.

    Attributes:
        kind: a program on PATH, a Python environment that has it, or a container image.
        program: the words that begin the command: `("/usr/bin/vllm",)`, `("/env/bin/python",)`,
            `("docker", "run", …, "image")`.
        version: as it says itself; "" unknown.
    """

    kind: Literal["program", "python", "container"]
    program: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that holds a key, for an engine that takes it neither by environment nor otherwise hidden.

    Whoever starts the command writes it with mode 0600, in a folder that only its user can enter, and removes it once
    the engine is ready or gone.

    Attributes:
        placeholder: stands for the file's path, in one or more words of `Command.argv`, also as a part of a word.
        secret: the name of the secret in it, one of `Command.secrets`.
        suffix: what the file's name must end in.
        template: its text; `{secret}` stands for the key as a JSON string, which is YAML too.
    """

    placeholder: str
    secret: str
    suffix: str
    template: str

    def text(self, key: str) -> str:
        """What the file holds."""
        return self.template.replace("{secret}", json.dumps(key))


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments and what its environment needs; no shell is involved.

    Attributes:
        argv: program and arguments. A key is never among them.
        env: variables beyond those of this process.
        secrets: names of variables that hold a key; their values are given when it is started. One that a file
            holds is not put into the environment.
        files: files that hold a key.
        cleanup: a command that ends what outlives the process: a container, whose client can be killed without it.
            It is run after the end, and fails where nothing is left.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    files: tuple[SecretFile, ...] = ()
    cleanup: tuple[str, ...] = ()

    def shown(self) -> str:
        """As one line for a POSIX shell; a secret is `NAME=$NAME`, and so is a variable whose name sounds like one."""
        in_files = {file.secret for file in self.files}
        names = [f'{name}="${name}"' for name in self.secrets if name not in in_files]
        variables = [
            f'{name}="${name}"' if _SECRET_NAME.search(name) else f"{name}={shlex.quote(value)}"
            for name, value in self.env.items()
        ]
        return " ".join([*names, *variables, shlex.join(self.argv)])

    def with_files(self, paths: Mapping[str, str]) -> "Command":
        """The same with the paths of its files instead of their placeholders.

        Args:
            paths: placeholder to path.
        """
        words = list(self.argv)
        for placeholder, path in paths.items():
            words = [word.replace(placeholder, path) for word in words]
        return replace(self, argv=tuple(words))


# Names of variables whose values are not shown: HF_TOKEN, AWS_SECRET_ACCESS_KEY, WANDB_API_KEY, DB_PASSWORD.
_SECRET_NAME = re.compile(r"(?i)(key|token|secret|password|passwd|credentials?)$")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server can do, known from its flags; None where they do not tell."""

    tools: bool | None = None
    reasoning: bool | None = None
    json_schema: bool | None = None


class Engine(Protocol):
    """A server program that speaks the Chat Completions API.

    Attributes:
        name: in small letters, as in `LaunchSpec.engine`.
        title: as its project writes it.
        default_port: where it listens unless told.
        health_path: answers 200 once it can be used.
        launchable: whether this app starts it; else it can be attached to.
        needs: what it takes to run it, in one line.
        source: where these facts are from.
        programs: its programs on PATH.
        distributions: the names of its Python package; the first that is installed is it.
        images: how the names of its container images end, without the tag.
    """

    name: str
    title: str
    default_port: int
    health_path: str
    launchable: bool
    needs: str
    source: str
    programs: tuple[str, ...]
    distributions: tuple[str, ...]
    images: tuple[str, ...]

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """The command that serves `spec` on `port`.

        Raises:
            InvalidLaunch: this engine cannot be started so; the message says what to do instead.
        """

    def read(self, line: str) -> Progress | None:
        """What a line of its log says about how far it is; None for all other lines."""

    def figures(self, line: str) -> Mapping[str, float]:
        """What a line of its log measures: `weights_gib`, `kv_tokens`, `kv_gib`, `context_length`, `concurrency`."""

    def capabilities(self, spec: LaunchSpec) -> Capabilities:
        """What it can do when it is started so."""
