"""What a distributed form is made of: nodes, commands for each place, files for a tool; and what all forms check."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from playground.engines.kinds.base import Command, Engine, Installation
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

MAX_NODES = 64
# A letter first and 40 characters: Kubernetes puts a Service's name into DNS and numbers the pods after it.
MAX_NAME = 40
_ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,39}")
_SECRET = re.compile(r"(?i)(key|token|secret|password|passwd|credentials?)$")
_PLAIN = re.compile(r"[A-Za-z0-9][\w.:/@-]*")


@dataclass(frozen=True, slots=True)
class Nodes:
    """The machines of a distributed launch.

    Attributes:
        addresses: the machines' names or IP addresses, the first leads; () where a tool finds the machines.
        count: how many machines hold one copy of the model; 0 takes the number of addresses.
        replicas: how many such copies; for a tool that makes them.
        gpu: the kind of GPU as the tool names it, such as H100.
        image: a container image; "" takes the engine's own, newest.
        router_port: where a router listens.
    """

    addresses: tuple[str, ...] = ()
    count: int = 0
    replicas: int = 1
    gpu: str = "H100"
    image: str = ""
    router_port: int = 30080

    @property
    def size(self) -> int:
        """How many machines hold one copy."""
        return self.count or len(self.addresses)


@dataclass(frozen=True, slots=True)
class File:
    """A file that the form makes; no key is in it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is run, and where. A text is lines for a POSIX shell."""

    where: str
    command: Command | str

    @property
    def shown(self) -> str:
        """As text for a POSIX shell."""
        return self.command if isinstance(self.command, str) else self.command.shown()


@dataclass(frozen=True, slots=True)
class WrittenLaunch:
    """A distributed launch, written down; nothing is run.

    Attributes:
        title: what it is.
        files: to be saved under their names.
        commands: in the order in which they are run.
        tool: the program that runs it.
        notes: what to know before, each one sentence or two.
        sources: where the arguments and the shape of the files are from.
    """

    title: str
    files: tuple[File, ...]
    commands: tuple[Step, ...]
    tool: str
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Launch:
    """All that a form is made from; `port` is the engine's API on each machine."""

    spec: LaunchSpec
    nodes: Nodes
    engine: Engine
    installation: Installation
    port: int

    def command(self, **changes: object) -> Command:
        """The engine's command with these fields of the specification changed."""
        return self.engine.command(self.spec.changed(**changes), self.installation, self.port)


def check(launch: Launch, *, engines: Sequence[str], least: int = 1, addresses: bool = False) -> None:
    """Refuses a launch that this form cannot express.

    Args:
        launch: what is asked for.
        engines: the engines that the form is for.
        least: how many machines it takes.
        addresses: whether each machine's address is needed.

    Raises:
        InvalidLaunch: with the field at fault.
    """
    spec, nodes = launch.spec, launch.nodes
    if spec.engine not in engines:
        raise InvalidLaunch(f"this form is for {' and '.join(engines)}.", field="engine")
    if launch.engine.name != spec.engine:
        raise InvalidLaunch(f"the command is {launch.engine.name}'s, the launch {spec.engine}'s.", field="engine")
    if not least <= nodes.size <= MAX_NODES:
        raise InvalidLaunch(f"this form takes {least} to {MAX_NODES} machines, not {nodes.size}.", field="nodes")
    if addresses and len(nodes.addresses) != nodes.size:
        raise InvalidLaunch(
            f"there are {nodes.size} machines and {len(nodes.addresses)} addresses.",
            field="nodes",
            advice="Name the address of each machine, that of the leading one first.",
        )
    for address in nodes.addresses:
        if not _ADDRESS.fullmatch(address):
            raise InvalidLaunch(f"{address!r} is neither a host's name nor an IP address.", field="nodes")
    if len(set(nodes.addresses)) < len(nodes.addresses):
        raise InvalidLaunch("two machines have the same address.", field="nodes")
    for name, word in (("gpu", nodes.gpu), ("image", nodes.image)):
        if word and not _PLAIN.fullmatch(word):
            raise InvalidLaunch(f"{word!r} is not a single plain word.", field=name)


def gpus_of_copy(spec: LaunchSpec) -> int:
    """How many GPUs one copy of the model takes on all machines together.

    Data parallelism multiplies them; but SGLang's data-parallel attention shares those of the tensor parallelism.
    """
    shared = spec.engine == "sglang" and "--enable-dp-attention" in spec.extra
    return spec.tensor_parallel * spec.pipeline_parallel * (1 if shared else spec.data_parallel)


def split(launch: Launch) -> int:
    """How many GPUs each machine gives.

    Raises:
        InvalidLaunch: the parts cannot be dealt out evenly, which both engines refuse after their start.
    """
    spec, count = launch.spec, launch.nodes.size
    parallel = spec.tensor_parallel * spec.pipeline_parallel
    if spec.engine == "sglang" and count > 1 and gpus_of_copy(spec) != parallel:
        raise InvalidLaunch(
            "SGLang does not support data-parallel replicas over several machines.",
            field="data_parallel",
            advice="Use --enable-dp-attention, or whole replicas behind a router.",
        )
    gpus = gpus_of_copy(spec)
    if gpus % count:
        raise InvalidLaunch(
            f"{gpus} parts (tensor × pipeline × data parallel) cannot be divided evenly over {count} machines.",
            field="tensor_parallel",
            advice=f"Use a multiple of {count}.",
        )
    return gpus // count


def refuse_flags(spec: LaunchSpec, *flags: str) -> None:
    """Refuses further arguments that the form itself sets.

    Raises:
        InvalidLaunch: with the argument.
    """
    for word in spec.extra:
        if word.partition("=")[0] in flags:
            raise InvalidLaunch(f"{word} is set by this form; take it out of the extra arguments.", field="extra")


def refuse_container(launch: Launch) -> None:
    """Refuses an engine in a container: the machines talk on many ports, and `docker run` here opens one.

    Raises:
        InvalidLaunch: it is one.
    """
    if launch.installation.kind == "container":
        raise InvalidLaunch(
            "across machines an engine in a container needs the host's network, which this form does not set up.",
            advice="Run the engine as a program on each machine, or use the Kubernetes form.",
        )


def extended(command: Command, *words: str, env: Mapping[str, str] | None = None) -> Command:
    """The command with more arguments, which come last, so that they win, and more variables."""
    return replace(command, argv=(*command.argv, *words), env={**command.env, **(env or {})})


def variables(command: Command) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The plain variables of a command, and the names of those that hold a key, but for keys in files."""
    plain = {name: value for name, value in command.env.items() if not _SECRET.search(name)}
    in_files = {file.secret for file in command.files}
    secret = [name for name in command.secrets if name not in in_files]
    secret += [name for name in command.env if _SECRET.search(name)]
    return plain, tuple(dict.fromkeys(secret))


def label(spec: LaunchSpec) -> str:
    """A name that Kubernetes and SkyPilot take: small letters, digits and `-`, a letter first."""
    word = spec.name or spec.served_name or spec.model.rstrip("/").rsplit("/", 1)[-1]
    clean = re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
    return (clean if clean[:1].isalpha() else f"m-{clean}")[:MAX_NAME].strip("-")


def bracketed(address: str) -> str:
    """An address as it stands before a port: IPv6 in brackets (RFC 3986)."""
    return f"[{address}]" if ":" in address else address


def is_ip(address: str) -> bool:
    """Whether an address is a number, not a name."""
    try:
        ip_address(address)
    except ValueError:
        return False
    return True


def own_ip(address: str) -> dict[str, str]:
    """VLLM's variable for a machine's own address; {} for a name, which vLLM would take for a number."""
    return {"VLLM_HOST_IP": address} if is_ip(address) else {}


def same_everywhere(spec: LaunchSpec, command: Command) -> tuple[str, ...]:
    """What must be the same on each machine, as notes."""
    notes = ["The engine must be installed in the same version and under the same path on every machine."]
    if spec.is_local or spec.chat_template:
        notes.append("The model's files and the chat template must be under the same path on every machine.")
    for file in command.files:
        line = file.template.strip().replace("{secret}", f"<{file.secret}>")
        notes.append(f"{file.placeholder} is a file that only you can read, on each machine, with: {line}")
    if spec.api_key is None:
        notes.append("No API key is set: anyone who can reach the port can use the server.")
    return tuple(notes)
