"""A form of the real engines, as the tests ask for it."""

from typing import Any

from playground.engines.distributed import Nodes, WrittenLaunch, generate
from playground.engines.kinds import ENGINES
from playground.engines.kinds.base import Command, Installation
from playground.engines.spec import LaunchSpec

KEY = "sk-recognisable"
HUB_TOKEN = "hf_recognisable"
ADDRESSES = ("10.0.0.1", "10.0.0.2")
TWO = Nodes(ADDRESSES)
PROGRAMS = {"vllm": "/opt/bin/vllm", "sglang": "/opt/bin/sglang"}


def make(form: str, engine: str, nodes: Nodes = TWO, *, version: str = "", **fields: Any) -> WrittenLaunch:
    """DeepSeek on two machines with eight GPUs each, unless told; the form holds no key, whatever it is."""
    given: dict[str, Any] = {"engine": engine, "model": "deepseek-ai/DeepSeek-V3.2", "tensor_parallel": 16}
    spec = LaunchSpec.parse(given | fields)
    installation = Installation("program", (PROGRAMS[engine],), version)
    made = generate(form, spec, nodes, engine=ENGINES[engine], installation=installation)
    for text in (*(file.text for file in made.files), *(step.shown for step in made.commands), *made.notes):
        assert KEY not in text
        assert HUB_TOKEN not in text
    return made


def argv_of(form: WrittenLaunch, place: int) -> list[str]:
    """The words of one of its commands."""
    command = form.commands[place].command
    assert isinstance(command, Command)
    return list(command.argv)
