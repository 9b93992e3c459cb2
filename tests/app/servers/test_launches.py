"""What the page shows of a launch, what the engine's parser is asked about, and what runs: one object, one command.

The engine is a hand-made package with SGLang's names: a parser that notes what it was asked, and a small server.
"""

import json
import shlex
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr
import psutil
import pytest

from playground.app.context import Context
from playground.app.servers.launch_form import FIELDS
from playground.app.servers.servers import Servers
from playground.client import Client, Timeouts
from playground.engines.kinds import ENGINES
from playground.engines.kinds.base import Installation
from playground.engines.launch.prepared import PreparedLaunch
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch, LaunchOutdated
from playground.phases import Phase
from playground.settings import Settings
from playground.ui.tabs.servers.handlers import ServerHandlers
from tests.ports import free_port
from tests.web.running import until

PARSER = """
import json, pathlib
class ServerArgs:
    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--model-path")
        parser.add_argument("--host")
        parser.add_argument("--port", type=int)
        parser.add_argument("--enable-metrics", action="store_true")
        parser.add_argument("--context-length", type=int)
        real = parser.parse_args
        def noted(words):
            pathlib.Path(__file__).with_name("asked.json").write_text(json.dumps(words))
            return real(words)
        parser.parse_args = noted
"""
SERVER = """
import argparse, http.server, sys
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
port = parser.parse_known_args()[0].port
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"sglang:num_running_reqs 0\\n" if self.path == "/metrics" else b'{"data": []}')
    def log_message(self, *_):
        pass
try:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers)
except OSError:
    print("ERROR:    [Errno 98] error while attempting to bind: address already in use")
    sys.exit(1)
server.serve_forever()
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Where the hand-made engine is."""
    folder = tmp_path / "packages"
    (folder / "sglang" / "srt").mkdir(parents=True)
    for name, text in {"__init__": "", "launch_server": SERVER, "srt/__init__": "", "srt/server_args": PARSER}.items():
        (folder / "sglang" / f"{name}.py").write_text(text)
    return folder


@pytest.fixture(autouse=True)
def own_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """The engine's own port, one that is free here."""
    port = free_port()
    monkeypatch.setattr(ENGINES["sglang"], "default_port", port)
    return port


@pytest.fixture
def spec(package: Path) -> LaunchSpec:
    return LaunchSpec.parse({"engine": "sglang", "model": "a/b", "env": {"PYTHONPATH": str(package)}})


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    context = Context(Settings(embedded=False, cache_dir=tmp_path, drain_s=0), Client(Timeouts(2, 5, 5)))
    context.servers.installations._found = {"sglang": [Installation("python", (sys.executable,))]}
    context.servers.installations._looked_at_s = time.monotonic()
    await context.servers.start()
    yield context
    await context.servers.close()
    await context.client.aclose()
    await context.public_client.aclose()


@pytest.fixture
def servers(context: Context) -> Servers:
    return context.servers


def words(command: str) -> list[str]:
    """The program and its arguments of a command as it is shown."""
    return [word for word in shlex.split(command) if "=" not in word]


def prepared(servers: Servers, name: str) -> PreparedLaunch:
    found = servers.server(name).prepared
    assert found
    return found


async def same(servers: Servers, package: Path, name: str, command: str) -> None:
    """What was shown, what the parser was asked about and what runs are one."""
    server = servers.server(name)
    await until(lambda: bool(server.processes))
    assert psutil.Process(server.processes[0].pid).cmdline() == words(command)
    asked = json.loads((package / "sglang" / "srt" / "asked.json").read_text())
    assert asked == words(command)[3:]  # python -m sglang.launch_server
    assert list(prepared(servers, name).argv) == words(command)
    assert prepared(servers, name).shown == command == server.command
    await server.wait_ready()


async def test_with_the_port_busy(servers: Servers, package: Path, spec: LaunchSpec, own_port: int) -> None:
    with socket.create_server(("127.0.0.1", own_port)):
        shown = await servers.preview(spec, None)
        assert f"--port {own_port}" not in shown.command
        name = await servers.launch(spec, None, shown.command, shown.id)
        assert prepared(servers, name).id == shown.id
        assert prepared(servers, name) is servers._launches._kept[shown.id]
        await same(servers, package, name, shown.command)


async def test_an_edited_command(servers: Servers, package: Path, spec: LaunchSpec) -> None:
    shown = await servers.preview(spec, None)
    edited = f"{shown.command} --context-length 4096"
    name = await servers.launch(spec, None, edited, shown.id)
    await same(servers, package, name, edited)
    assert prepared(servers, name).edited
    await servers.again(name)
    await same(servers, package, name, edited)


async def test_an_edited_command_without_a_port_listens_where_the_engine_does(
    servers: Servers, spec: LaunchSpec, own_port: int
) -> None:
    shown = await servers.preview(spec.changed(port=own_port + 7), None)
    edited = shown.command.replace(f" --port {own_port + 7}", "")
    chosen = await servers._launches.choose(servers._started, spec, None, edited, shown.id)
    assert (chosen.port, "--port" in chosen.shown) == (own_port, False)


async def test_a_restart_with_a_fix(servers: Servers, package: Path, spec: LaunchSpec) -> None:
    shown = await servers.preview(spec, None)
    name = await servers.launch(spec, None, shown.command, shown.id)
    with socket.create_server(("127.0.0.1", prepared(servers, name).port)):  # free when it was looked at
        await servers.server(name).wait_ended()
        assert servers.server(name).state.phase is Phase.FAILED
        failed = servers._launched[name]
        (package / "sglang" / "srt" / "asked.json").unlink()
        assert await servers.fix(name)
        again = prepared(servers, name).shown
        assert again != shown.command
        await same(servers, package, name, again)
    assert servers._launched[name] is not failed


async def test_a_restart_that_the_parser_refuses_stops_nothing(
    servers: Servers, package: Path, spec: LaunchSpec
) -> None:
    name = await servers.launch(spec, None)
    await servers.server(name).wait_ready()
    (package / "sglang" / "srt" / "server_args.py").write_text(PARSER.replace('"--host"', '"--bind"'))
    with pytest.raises(InvalidLaunch, match="--host"):
        await servers.again(name)
    assert servers.server(name).state.is_ready


async def test_what_cannot_be_run_as_shown_is_not_run(servers: Servers, spec: LaunchSpec, own_port: int) -> None:
    shown = await servers.preview(spec, None)
    with socket.create_server(("127.0.0.1", own_port)):
        with pytest.raises(LaunchOutdated, match="is taken"):
            await servers.launch(spec, None, shown.command, shown.id)
        assert servers.views() == []
    name = await servers.launch(spec, None, shown.command, shown.id)
    with pytest.raises(LaunchOutdated, match="already"):  # a second press on the button
        await servers.launch(spec, None, shown.command, shown.id)
    await servers.server(name).wait_ready()
    await servers.server(name).stop()
    assert await servers.launch(spec, None, shown.command, shown.id) == name  # the same command, prepared anew
    assert prepared(servers, name).id != shown.id
    assert prepared(servers, name).shown == shown.command


async def test_a_form_that_was_changed_after_it_was_shown(servers: Servers, spec: LaunchSpec) -> None:
    shown = await servers.preview(spec, None)
    name = await servers.launch(spec.changed(context_length=2048), None, shown.command, shown.id)
    assert "--context-length 2048" in prepared(servers, name).shown


async def test_a_command_of_an_app_that_has_gone_is_run_as_it_stands(
    servers: Servers, spec: LaunchSpec, own_port: int
) -> None:
    shown = await servers.preview(spec, None)
    servers._launches._kept.clear()
    with socket.create_server(("127.0.0.1", own_port)), pytest.raises(InvalidLaunch, match=f"{own_port} .*taken"):
        await servers.launch(spec, None, shown.command, shown.id)


async def test_one_object_a_server(servers: Servers, spec: LaunchSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.app.servers.servers.LOOK_S", 0.2)
    name = await servers.launch(spec, None)
    await servers.server(name).wait_ready()
    first = servers._launched[name]
    first.estimate = {"weights_gib": 1.0}
    await until(lambda: first.history.last is not None)
    await servers.again(name)
    second = servers._launched[name]
    assert second.server is servers.server(name)
    assert (second.history.last, dict(second.estimate), second.download, second.silent_s) == (None, {}, None, 0.0)
    await servers.server(name).stop()
    await servers.forget(name)
    assert (servers._launched, servers.views(), servers.backends()) == ({}, [], ())


async def test_the_page_runs_what_it_shows_and_shows_anew_what_it_cannot(
    context: Context, package: Path, own_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, request = ServerHandlers(context), gr.Request(session_hash="a-tab")
    monkeypatch.setattr(page, "_refused", lambda _request: False)  # whose it is, is no matter here
    typed = {"engine": "sglang", "model": "a/b", "env": f"PYTHONPATH={package}"}
    values: list[Any] = [typed.get(name, "") for name in FIELDS]
    command, id_, said = await page.preview(request, "", None, *values)
    assert "SGLang was not found" not in said
    kept, same_id, _ = await page.preview(request, id_, None, *values)
    assert (kept, same_id) == (gr.skip(), gr.skip())  # an edited command is not written over by a late preview
    other, other_id, _ = await page.preview(request, "", None, *values)
    assert (other, other_id != id_) == (command, True)
    with socket.create_server(("127.0.0.1", own_port)):
        anew, next_id, said = await page.launch(request, command, id_, None, *values)
        assert "is taken" in said
        assert context.servers.views() == []
        assert f"--port {own_port}" in command
        assert f"--port {own_port}" not in anew
        ran, ran_id, said = await page.launch(request, anew, next_id, None, *values)
        assert "Launching " in said
        assert (ran, ran_id) == (anew, next_id)
        await same(context.servers, package, "b", anew)
    *_, said = await page.preview(
        request, "", None, *[{"port": str(own_port + 1)}.get(n, typed.get(n, "")) for n in FIELDS]
    )
    assert "reserved for another server" in said
