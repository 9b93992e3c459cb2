"""Distributed launches, read by the very programs that they are for: engines, routers, Ray, SkyPilot, kubectl.

No model is loaded, no machine is rented, no cluster is asked. A tool that cannot be installed is skipped, and says so.
"""

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground.engines.distributed import Nodes, WrittenLaunch, generate
from playground.engines.kinds import ENGINES
from playground.engines.kinds.arguments import check_arguments
from playground.engines.kinds.base import Command, Installation
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from tests.engines.distributed.making import ADDRESSES, KEY, argv_of, make
from tests.ports import free_port
from tests.real_engines.engine import ENGINES as REAL
from tests.real_engines.tools import RAY, SGLANG_ROUTER, SKYPILOT, VLLM_ROUTER, Tool
from tests.upstream import ThreadedUpstream, scripts

ROUTERS = {"sglang": SGLANG_ROUTER, "vllm": VLLM_ROUTER}
BOTH = pytest.mark.parametrize("engine", ["vllm", "sglang"])
READY_S = 30.0


def installed(tool: Tool) -> Tool:
    if why := tool.install():
        pytest.skip(f"{tool.package} {tool.version} cannot be installed: {why}")
    return tool


def ask(tool: Tool, script: str, *words: str, **env: str) -> Any:
    """What a script prints as its last line, run by the tool's own interpreter with these arguments."""
    told = {"PATH": "/usr/bin:/bin", "HOME": str(tool.folder), "SKYPILOT_DISABLE_USAGE_COLLECTION": "1", **env}
    argv = [str(tool.program("python")), "-c", script, *words]
    ran = subprocess.run(argv, capture_output=True, text=True, env=told, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout.splitlines()[-1])


def on_two_machines(form: str, engine: str, **fields: Any) -> tuple[WrittenLaunch, Installation]:
    installation = Installation("python", (str(REAL[engine].python),))
    given = {"engine": engine, "model": "deepseek-ai/DeepSeek-V3.2", "tensor_parallel": 16}
    spec = LaunchSpec.parse(given | {"env": dict(REAL[engine].variables)} | fields)  # the builds for a CPU need them
    return generate(form, spec, Nodes(ADDRESSES), engine=ENGINES[engine], installation=installation), installation


@BOTH
async def test_the_engines_parser_knows_the_commands_of_each_machine(engine: str) -> None:
    form, installation = on_two_machines("multi-node", engine, api_key=KEY, trust_remote_code=True)
    for step in form.commands:
        assert isinstance(step.command, Command)
        assert await check_arguments(ENGINES[engine], installation, step.command, timeout_s=120) is None


@BOTH
async def test_it_would_not_let_a_wrong_one_pass(engine: str) -> None:
    form, installation = on_two_machines("multi-node", engine, extra=("--node-rankk", "1"))
    command = form.commands[0].command
    assert isinstance(command, Command)
    with pytest.raises(InvalidLaunch, match="does not know"):
        await check_arguments(ENGINES[engine], installation, command, timeout_s=120)


async def test_vllms_parser_knows_the_command_on_ray() -> None:
    form, installation = on_two_machines("ray", "vllm")
    serve = form.commands[2].command
    assert isinstance(serve, Command)
    assert await check_arguments(ENGINES["vllm"], installation, serve, timeout_s=120) is None


RAY_SCRIPT = """
import json, sys
from ray.scripts.scripts import start, stop
command = {"start": start, "stop": stop}[sys.argv[1]]
params = command.make_context(sys.argv[1], sys.argv[2:]).params
print(json.dumps({name: params.get(name) for name in ("head", "address", "port", "num_gpus", "node_ip_address")}))
"""


def test_rays_command_line_takes_its_commands() -> None:
    tool = installed(RAY)
    form = make("ray", "vllm")
    head = ask(tool, RAY_SCRIPT, *argv_of(form, 0)[1:])
    assert head == {"head": True, "address": None, "port": 6379, "num_gpus": 8, "node_ip_address": "10.0.0.1"}
    other = ask(tool, RAY_SCRIPT, *argv_of(form, 1)[1:])
    assert (other["head"], other["address"], other["node_ip_address"]) == (False, "10.0.0.1:6379", "10.0.0.2")
    ask(tool, RAY_SCRIPT, *argv_of(form, 3)[1:])


@contextlib.contextmanager
def copies(count: int) -> Iterator[list[ThreadedUpstream]]:
    """Servers that ask for a key, with what the routers ask of an engine."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(ThreadedUpstream(key=KEY)) for _ in range(count)]
        info = scripts.json_body({"model_path": "m", "tokenizer_path": "m", "served_model_name": "test/echo"})
        for server in servers:
            server.on("/v1/models", scripts.engine_models("test/echo"))
            for path in ("/health", "/server_info", "/model_info"):
                server.on(path, info)
        yield servers


@BOTH
def test_the_router_runs_and_passes_on_requests_with_their_key(engine: str, tmp_path: Path) -> None:
    """The generated command, started: only the addresses of the copies, on this machine, are put in."""
    tool = installed(ROUTERS[engine])
    with copies(2) as servers:
        port = free_port()
        form = make("router", engine, Nodes(("10.0.0.1", "10.0.0.2"), router_port=port), port=8000, tensor_parallel=8)
        places = {"http://10.0.0.1:8000": servers[0].origin, "http://10.0.0.2:8000": servers[1].origin}
        program, *words = (places.get(word, word) for word in argv_of(form, 2))
        argv = [str(tool.program(program)), *words, "--prometheus-port", str(free_port())]
        with (tmp_path / "log").open("w") as log, subprocess.Popen(argv, stdout=log, stderr=log) as router:
            try:
                url = f"http://127.0.0.1:{port}/v1/chat/completions"
                said = answered(url, router)
                assert said.json()["choices"][0]["message"]["content"] == "You said: hi"
                assert said.json()["usage"]["completion_tokens"] == 3
                refused = httpx.post(url, json=body(), trust_env=False, timeout=10)
                assert refused.status_code == 401
                streamed = httpx.post(url, json=body(stream=True), headers=authorized(), trust_env=False, timeout=10)
                assert streamed.text.rstrip().endswith("data: [DONE]")
            finally:
                router.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    router.wait(10)
                router.kill()
        assert any(request.path == "/health" for request in servers[1].requests)


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "test/echo", "messages": [{"role": "user", "content": "hi"}], **fields}


def authorized() -> dict[str, str]:
    return {"authorization": f"Bearer {KEY}"}


def answered(url: str, router: "subprocess.Popen[bytes]") -> httpx.Response:
    """The first answer: the router looks at its copies before it has one."""
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        assert router.poll() is None, "the router ended"
        with contextlib.suppress(httpx.TransportError):
            said = httpx.post(url, json=body(), headers=authorized(), trust_env=False, timeout=10)
            if said.status_code == httpx.codes.OK:
                return said
        time.sleep(0.1)
    raise AssertionError("the router had no answer in time")


SKY_SCRIPT = """
import json, sys, yaml
from sky.client.cli import command
from sky.task import Task
from sky.utils import common_utils, schemas
task = yaml.safe_load(open(sys.argv[1]))
common_utils.validate_schema(task, schemas.get_task_schema(), "task: ")
given = [(name, "x") for name in task.get("secrets") or ()]
made = Task.from_yaml_config(dict(task), secrets_overrides=given)
(resources,) = made.resources
for words in json.loads(sys.argv[2]):
    getattr(command, words[1]).make_context(words[1], words[2:])
print(json.dumps([made.num_nodes, resources.accelerators, resources.ports, sorted(made.secrets), made.run]))
"""


@BOTH
@pytest.mark.parametrize("key", [None, KEY], ids=["no key", "a key"])
def test_skypilot_takes_the_task_and_its_commands(engine: str, key: str | None, tmp_path: Path) -> None:
    tool = installed(SKYPILOT)
    form = make("skypilot", engine, api_key=key)
    file = tmp_path / form.files[0].name
    file.write_text(form.files[0].text)
    names = ["VLLM_API_KEY" if engine == "vllm" else "SGLANG_API_KEY"] if key else []
    commands = [argv_of(form, place) for place in range(3)]
    commands[0][-1] = str(file)
    sky = [words for words in commands if words[0] == "sky"]
    read = ask(tool, SKY_SCRIPT, str(file), json.dumps(sky), **dict.fromkeys(names, "x"))
    nodes, accelerators, ports, secrets, script = read
    assert (nodes, accelerators, secrets) == (2, {"H100": 8}, names)
    assert ports == ([str(ENGINES[engine].default_port)] if key else None)
    assert script.strip() in form.files[0].text.replace("\n  ", "\n")


@BOTH
def test_kubectl_makes_the_secret(engine: str, tmp_path: Path) -> None:
    """With `--dry-run=client`, which asks no cluster. The manifest is checked by its schema in tests/engines."""
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl on this machine")
    form = make("kubernetes", engine, api_key=KEY)
    script = form.commands[0].shown.replace("kubectl create", "kubectl create --dry-run=client -o name")
    name = "VLLM_API_KEY" if engine == "vllm" else "SGLANG_API_KEY"
    env = {"PATH": "/usr/bin:/bin:/usr/local/bin", name: KEY, "HOME": str(tmp_path)}
    ran = subprocess.run(["sh", "-e"], input=script, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "secret/deepseek-v3-2-keys"
