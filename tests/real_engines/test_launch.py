"""The real engines started by the app's own command, with a key: where the key is, and what the log tells."""

import os
import time
from itertools import pairwise
from pathlib import Path

import httpx
import psutil
import pytest

from playground.engines.kinds import ENGINES as KINDS
from playground.engines.kinds.base import Installation
from playground.engines.kinds.failures import diagnose, is_fatal
from playground.engines.process.process import EngineProcess
from playground.engines.spec import LaunchSpec
from playground.phases import LAUNCH, Phase
from tests.background import background_loop
from tests.engines.kinds.reading import START, sizes, step
from tests.ports import free_port
from tests.real_engines.engine import CONTEXT_TOKENS, ENGINES, MODEL, RealEngine, checkpoint
from tests.real_engines.provision import is_there
from tests.real_engines.running import GRACE_S, READY_S, family_of, healthy

KEY = "sk-a-key-of-the-tests-0123456789"
EXTRA = {
    "vllm": ("--max-num-seqs", "8", "--enforce-eager"),
    "sglang": (
        *("--device", "cpu", "--attention-backend", "torch_native", "--disable-overlap-schedule"),
        *("--max-total-tokens", "8192"),
    ),
}


@pytest.mark.parametrize("real", ENGINES.values(), ids=list(ENGINES))
def test_a_launch_with_a_key_shows_it_to_no_process_list_and_comes_up(real: RealEngine, tmp_path: Path) -> None:
    assert is_there(real), f"{real.venv} is not ready: run `make test-engines`, which makes it"
    kind, port = KINDS[real.name], free_port()
    spec = LaunchSpec.parse(
        {
            "engine": real.name,
            "model": str(checkpoint()),
            "served_name": MODEL,
            "context_length": CONTEXT_TOKENS,
            "extra": EXTRA[real.name],
            "env": {**real.variables, "HF_HUB_OFFLINE": "1"},
            "api_key": KEY,
        }
    )
    command = kind.command(spec, Installation("python", (str(real.python),)), port)
    in_files = {file.secret for file in command.files}
    paths: dict[str, str] = {}
    for file in command.files:
        place = tmp_path / f"key{file.suffix}"
        descriptor = os.open(place, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as writer:  # noqa: PTH123 - a descriptor
            writer.write(file.text(KEY))
        paths[file.placeholder] = str(place)
    command = command.with_files(paths)
    keys = {name: KEY for name in command.secrets if name not in in_files}
    path = os.pathsep.join((str(real.venv / "bin"), os.environ.get("PATH", "")))
    lines: list[str] = []
    process = EngineProcess(
        command.argv, {**os.environ, "PATH": path, **command.env, **keys}, GRACE_S, on_line=lines.append
    )
    origin = f"http://127.0.0.1:{port}"
    with background_loop(real.name) as wait_for:
        wait_for(process.start(), 30)
        try:
            wait_for(process.wait_until(lambda: healthy(origin), READY_S, every_s=1), READY_S + 60)
            for name in paths.values():
                Path(name).unlink()  # it is read once
            family = family_of(process)
            told = [word for one in [psutil.Process(process.guard_pid), *family] for word in one.cmdline()]
            assert KEY not in " ".join(told)
            with httpx.Client(base_url=origin, trust_env=False, timeout=120) as client:
                assert client.get("/v1/models").status_code == httpx.codes.UNAUTHORIZED
                allowed = {"Authorization": f"Bearer {KEY}"}
                assert client.get("/v1/models", headers=allowed).json()["data"][0]["id"] == MODEL
                body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4}
                answer = client.post("/v1/chat/completions", json=body, headers=allowed)
                assert answer.json()["choices"][0]["message"]["role"] == "assistant"
            deadline = time.monotonic() + 30
            while not any((said := kind.read(line)) and said.phase is Phase.READY for line in lines):
                assert time.monotonic() < deadline, "the log never said that it is ready"
                time.sleep(0.2)
        finally:
            wait_for(process.stop(), GRACE_S + 30)
    check_log(real, spec, lines)


def check_log(real: RealEngine, spec: LaunchSpec, lines: list[str]) -> None:
    """Its phases come in order, its sizes are told, and nothing in it is taken for a failure."""
    kind = KINDS[real.name]
    steps = [START]
    for line in lines:
        steps.append(step(steps[-1], kind.read(line)))
        assert not is_fatal(real.name, line), line
    assert all(LAUNCH.index(after.phase) >= LAUNCH.index(before.phase) for before, after in pairwise(steps))
    assert {Phase.LOADING, Phase.KV_CACHE, Phase.READY} <= {one.phase for one in steps}
    measured = sizes(kind, lines)
    assert measured["context_length"] == CONTEXT_TOKENS
    assert measured["weights_gib"] > 0
    assert measured["kv_tokens"] > CONTEXT_TOKENS
    assert diagnose(real.name, lines, spec, None) is None
    # SGLang prints all its settings, the key with them: the supervisor's log masks it.
    assert any(KEY in line for line in lines) is (real.name == "sglang")
