"""What every engine tells about itself; all of it pure: a specification in, a command out; a line in, a phase out."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from playground.engines.spec import LaunchSpec


class LaunchPhase(StrEnum):
    """How far a launch is; the value is the word that is shown."""

    STARTING = "starting"
    DOWNLOADING = "downloading"
    LOADING = "loading weights"
    KV_CACHE = "allocating the KV cache"
    CAPTURING = "capturing graphs"
    READY = "ready"


ORDER = tuple(LaunchPhase)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a log line says. `fraction`: of this phase, 0 to 1; None unknown. `words`: shards, bytes, sizes."""

    phase: LaunchPhase
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
class Command:
    """A program with its arguments and what its environment needs; no shell is involved.

    Attributes:
        argv: program and arguments. A key is never among them.
        env: variables beyond those of this process.
        secrets: names of variables that hold a key; their values are given when it is started.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    def shown(self) -> str:
        """As one line for a POSIX shell; a secret is `NAME=$NAME`."""
        names = [f'{name}="${name}"' for name in self.secrets]
        variables = [f"{name}={shlex.quote(value)}" for name, value in self.env.items()]
        return " ".join([*names, *variables, shlex.join(self.argv)])


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
    """

    name: str
    title: str
    default_port: int
    health_path: str
    launchable: bool
    needs: str
    source: str

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """The command that serves `spec` on `port`."""

    def read(self, line: str) -> Progress | None:
        """What a line of its log says about how far it is; None for all other lines."""

    def figures(self, line: str) -> Mapping[str, float]:
        """What a line of its log measures: `weights_gib`, `kv_tokens`, `kv_gib`, `context_length`, `concurrency`."""

    def capabilities(self, spec: LaunchSpec) -> Capabilities:
        """What it can do when it is started so."""
