"""The servers of the app: the real llama.cpp launched, watched, asked, fixed, attached to and stopped by the facade."""

import asyncio
import os
import shlex
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import SecretStr

from playground.app.context import Context
from playground.app.form.form import Form
from playground.app.servers.servers import Servers
from playground.app.servers.views import ServerView
from playground.client import Client, Timeouts
from playground.engines.embedded.models import MODEL_FILE, fetch_model
from playground.engines.kinds.locate import find_installations
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch, PlaygroundError
from playground.phases import Phase
from playground.run import run
from playground.settings import Settings
from playground.wire.exchange import Exchange
from playground.wire.prepared import Auth, Target
from tests.ports import free_port
from tests.upstream import Upstream
from tests.web.running import until

LOADS_S = 60.0


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    """A context whose servers run; in the end nothing of them is left."""
    settings = Settings(embedded=False, cache_dir=tmp_path, drain_s=0.1)
    context = Context(settings, Client(Timeouts(2, 60, 60)))
    await context.servers.start()
    yield context
    started = [process for server in context.servers._started.servers for process in server.processes]
    await context.servers.close()
    await context.client.aclose()
    await context.public_client.aclose()
    assert not [one for one in started if psutil.pid_exists(one.pid)]
    assert not list((tmp_path / "servers").glob("*.key*"))


@pytest.fixture
def servers(context: Context) -> Servers:
    return context.servers


@pytest.fixture(scope="session")
def model() -> str:
    """The embedded model's name; its file is on this machine."""
    fetch_model(lambda _: None)
    return MODEL_FILE


def spec_of(model: str, **fields: Any) -> LaunchSpec:
    return LaunchSpec.parse({"engine": "llama_cpp", "model": model, "port": free_port()} | fields)


def view(servers: Servers, name: str) -> ServerView:
    return next(view for view in servers.views() if view.name == name)


async def ask(context: Context, backend: str, **fields: Any) -> Exchange:
    form = Form(backend=backend, message="Hello", stream=True, params={"max_tokens": "4"}, **fields)
    shots = [shot async for shot in run(context.prepare(form), client=context.client, key=context.key(form, None))]
    return shots[-1]


@pytest.mark.model
async def test_a_server_that_hangs_is_told(servers: Servers, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.app.servers.cards.SILENT_S", 0.0)  # at the first look
    monkeypatch.setattr("playground.app.servers.servers.LOOK_S", 0.5)
    name = await servers.launch(spec_of(model, name="hung"), None)
    await asyncio.wait_for(servers.server(name).wait_ready(), LOADS_S)
    await until(lambda: view(servers, name).load is not None)
    assert view(servers, name).problem is None
    processes = [psutil.Process(one.pid) for one in servers.server(name).processes]
    for process in processes:
        process.suspend()
    try:
        await until(lambda: view(servers, name).problem is not None)
        told = view(servers, name)
        assert told.problem
        assert told.problem.title == "Not responding"
        assert (told.shape, told.actions) == ("ready", ("use", "stop", "log"))
    finally:
        for process in processes:
            process.resume()
    await until(lambda: view(servers, name).problem is None)


@pytest.mark.model
async def test_from_launch_to_stop(context: Context, servers: Servers, model: str) -> None:
    spec = spec_of(model, name="small", served_name="org/small")
    name = await servers.launch(spec, None)
    assert name == "small"
    loading = view(servers, name)
    assert (loading.kind, loading.shape, loading.base_url) == ("launched", "loading", "")
    assert loading.actions == ("stop", "log")
    state = servers.state("server:small")
    assert state
    assert state.phase is Phase.STARTING
    assert (await context.state(Form(backend="server:small"))).phase.is_loading
    (backend,) = servers.backends()
    assert backend.target.base_url == ""
    with pytest.raises(PlaygroundError, match="cannot answer"):
        context.key(Form(backend="server:small"), None)

    await asyncio.wait_for(servers.server(name).wait_ready(), LOADS_S)
    (backend,) = (backend for backend in context.backends(Form()) if backend.name == "server:small")
    assert backend.target.base_url == f"http://127.0.0.1:{spec.port}/v1"
    assert (backend.title, backend.default_model, backend.needs_key) == ("small", "org/small", False)
    assert servers.state("server:small") is None  # it is asked
    assert (await context.state(Form(backend="server:small"))).phase is Phase.READY
    ready = view(servers, name)
    assert (ready.shape, ready.words, ready.base_url) == ("ready", "ready", backend.target.base_url)
    assert ready.actions == ("use", "stop", "log")
    assert "2,048 tokens" in dict(ready.facts)["context"]  # as its log measures it

    processes = [psutil.Process(one.pid) for one in servers.server(name).processes]
    assert processes
    assert "Stopping small" in await servers.stop(name)
    await asyncio.wait_for(servers.server(name).wait_ended(), 20)
    assert not any(process.is_running() for process in processes)
    ended = view(servers, name)
    assert (ended.shape, ended.actions) == ("stopped", ("again", "log", "forget"))
    state = servers.state("server:small")
    assert state
    assert (state.phase, "stopped" in state.words) == (Phase.STOPPED, True)
    assert servers.backends()[0].title == "small (ended)"

    await servers.again(name)
    await asyncio.wait_for(servers.server(name).wait_ready(), LOADS_S)
    assert servers.server(name).port == spec.port
    assert await servers.stop(name)
    await servers.server(name).wait_ended()
    await servers.forget(name)
    assert servers.views() == []
    assert servers.backends() == ()


@pytest.mark.model
async def test_it_is_a_backend_and_its_load_is_drawn(context: Context, servers: Servers, model: str) -> None:
    name = await servers.launch(spec_of(model, name="small"), None)
    await asyncio.wait_for(servers.server(name).wait_ready(), LOADS_S)
    servers.touch("server:small")
    exchange = await ask(context, "server:small", model="small")
    assert exchange.error is None
    assert exchange.answer.content
    # Looked at every two seconds: the first look may have been while the request ran.
    await until(lambda: (load := view(servers, name).load) is not None and (load.running, load.waiting) == (0, 0), 10)
    await until(lambda: any(label == "weights" for label, _ in view(servers, name).facts))  # the estimate
    assert "estimated" in dict(view(servers, name).facts)["weights"]


@pytest.mark.model
async def test_the_edited_command_is_what_runs_and_a_launched_server_is_attached_to(
    context: Context, servers: Servers, model: str
) -> None:
    spec, port = spec_of(model, name="edited"), free_port()
    made = await servers.preview(spec, None)
    edited = made.command.replace(f"--port {spec.port}", f"--port {port}") + " --alias renamed"
    name = await servers.launch(spec, None, edited, made.id)
    await asyncio.wait_for(servers.server(name).wait_ready(), LOADS_S)
    assert view(servers, name).base_url == f"http://127.0.0.1:{port}/v1"
    assert view(servers, name).command.endswith("--alias renamed")
    argv = psutil.Process(servers.server(name).processes[0].pid).cmdline()
    assert argv[-2:] == ["--alias", "renamed"]

    said = await servers.attach(f" http://127.0.0.1:{port} ")
    assert said.startswith("llama.cpp")
    attached = view(servers, f"127.0.0.1:{port}")
    assert (attached.kind, attached.shape, attached.model) == ("attached", "ready", "renamed")
    assert attached.actions == ("use", "forget")
    assert attached.load is not None
    backend = servers.backends()[1]
    assert (backend.default_model, backend.target.base_url) == ("renamed", f"http://127.0.0.1:{port}/v1")
    assert (await ask(context, backend.name, model="renamed")).error is None
    with pytest.raises(InvalidLaunch):
        await servers.stop(attached.name)  # it is never stopped from here

    await servers.stop(name)
    await servers.server(name).wait_ended()
    await until(lambda: view(servers, attached.name).shape == "failed", 10)
    assert "unreachable" in view(servers, attached.name).words
    assert await servers.forget(attached.name) == ""
    assert [one.name for one in servers.views()] == [name]


@pytest.mark.model
async def test_a_launch_that_fails_says_why_and_is_fixed(servers: Servers, model: str) -> None:
    spec = spec_of(model, name="unlucky")
    name = await servers.launch(spec, None)
    assert spec.port
    with socket.create_server(("127.0.0.1", spec.port)):  # it was free when the launch looked; the engine is later
        await asyncio.wait_for(servers.server(name).wait_ended(), LOADS_S)
        failed = view(servers, name)
        assert (failed.shape, failed.words.split(":")[0]) == ("failed", "failed")
        assert failed.problem
        assert failed.problem.title == "The port is already in use"
        assert failed.problem.fix_words
        assert failed.actions == ("fix", "again", "log", "forget")
        state = servers.state("server:unlucky")
        assert state
        assert state.phase is Phase.FAILED
        assert await servers.fix(name) == failed.problem.fix_words
    await asyncio.wait_for(servers.server(name).wait_ready(), LOADS_S)
    assert view(servers, name).shape == "ready"
    assert servers.server(name).port != spec.port
    with pytest.raises(InvalidLaunch, match="There is no known fix"):
        await servers.fix(name)


async def test_an_unknown_argument_is_told_as_the_engine_says_it(servers: Servers, model: str) -> None:
    spec = spec_of(model)
    made = await servers.preview(spec, None)
    name = await servers.launch(spec, None, f"{made.command} --frobnicate", made.id)
    await asyncio.wait_for(servers.server(name).wait_ended(), LOADS_S)
    problem = view(servers, name).problem
    assert problem
    assert "--frobnicate" in problem.cause
    assert problem.advice
    assert any("--frobnicate" in line for line in servers.server(name).log.tail(20))


async def test_a_port_that_is_taken_is_refused_before_anything_is_started(servers: Servers, model: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(InvalidLaunch, match=f"{port} on 127.0.0.1 is taken.*process {os.getpid()}") as caught:
            await servers.launch(spec_of(model, port=port), None)
    assert caught.value.field == "port"
    assert servers.views() == []


@pytest.mark.parametrize("edited", ["A=1", "'", "serve --port 99999", "serve --api-key sk-1"])
async def test_a_command_that_is_none_starts_nothing(servers: Servers, edited: str) -> None:
    with pytest.raises(InvalidLaunch, match="command: "):
        await servers.launch(spec_of("/nonesuch/file.gguf"), None, edited)
    assert servers.views() == []


async def test_unknown_names(servers: Servers) -> None:
    for act in (servers.stop, servers.again, servers.fix, servers.forget, servers.adopt, servers.end):
        with pytest.raises(InvalidLaunch, match="nonesuch"):
            await act("nonesuch")
    with pytest.raises(InvalidLaunch, match="nonesuch"):
        servers.server("nonesuch")
    assert servers.state("server:nonesuch") is None
    servers.touch("server:nonesuch")
    servers.touch("therouter")


async def test_an_engine_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    servers = Servers(Settings(embedded=False, cache_dir=tmp_path), Client())
    await servers.start()
    try:
        assert "SGLang was not found on this machine" in await servers.missing("sglang")
        assert "attach to it" in await servers.missing("mindie")
        assert await servers.missing("llama_cpp") == ""
        spec = LaunchSpec.parse({"engine": "sglang", "model": "Qwen/Qwen3-8B"})
        made = await servers.preview(spec, None)  # for a machine that has it
        assert " python -m sglang.launch_server " in made.command
        assert (made.id, made.obstacle) == ("", None)
        with pytest.raises(InvalidLaunch, match="was not found on this machine") as caught:
            await servers.launch(spec, None)
        assert "PLAYGROUND_ENGINE_ENVIRONMENTS" in caught.value.advice
        with pytest.raises(InvalidLaunch, match="not found in /nonesuch"):
            await servers.launch(spec, "/nonesuch")
        with pytest.raises(InvalidLaunch):
            await servers.launch(spec.changed(engine="nonesuch"), None)
        assert servers.views() == []
    finally:
        await servers.close()


async def test_before_the_app_has_started(tmp_path: Path) -> None:
    servers = Servers(Settings(embedded=False, cache_dir=tmp_path), Client())
    assert (servers.views(), servers.backends(), servers.state("server:a")) == ([], (), None)
    with pytest.raises(InvalidLaunch, match="not started yet"):
        await servers.stop("a")
    await servers.close()


async def test_attaching_to_what_is_no_engine(context: Context, servers: Servers, upstream: Upstream) -> None:
    said = await servers.attach(upstream.base_url, " sk-recognisable ")
    assert "An unrecognised server" in said
    (backend,) = servers.backends()
    assert backend.target.key_name == "SERVER_API_KEY"
    assert backend.key == SecretStr("sk-recognisable")
    assert context.key(Form(backend=backend.name), None) == "sk-recognisable"
    assert all(request.header("authorization") == "Bearer sk-recognisable" for request in upstream.requests)
    assert "sk-recognisable" not in repr(servers.views()) + said


async def test_attaching_with_a_login_and_an_endpoint(context: Context, servers: Servers, upstream: Upstream) -> None:
    typed = upstream.base_url.replace("http://", " ada:s3cret@") + "/chat/completions?a=b "
    said = await servers.attach(typed)
    (backend,) = servers.backends()
    assert backend.title == f"127.0.0.1:{upstream.port}"
    assert backend.target == Target(f"{upstream.base_url}?a=b", "SERVER_API_LOGIN", Auth.BASIC)
    assert context.key(Form(backend=backend.name), None) == "ada:s3cret"
    assert {request.header("authorization") for request in upstream.requests} == {"Basic YWRhOnMzY3JldA=="}
    assert all(request.target.endswith("?a=b") for request in upstream.requests)
    assert "s3cret" not in repr(servers.views()) + said
    assert "ada:s3cret" in servers.secrets()


@pytest.mark.parametrize("url", ["", "nonsense", "http://127.0.0.1:1", "ftp://127.0.0.1/x", "http://"])
async def test_attaching_to_nothing_says_so(servers: Servers, url: str) -> None:
    with pytest.raises(PlaygroundError):
        await servers.attach(url)
    assert servers.views() == []


async def test_will_it_fit_on_this_machine(servers: Servers, model: str) -> None:
    fit = await servers.fit(spec_of(model))
    assert fit.fits
    assert sum(fit.bars()[0].parts[0][1:]) > 0
    with pytest.raises(PlaygroundError):
        await servers.fit(spec_of("/nonesuch/file.gguf"))


async def test_the_program_is_found_where_a_person_says(servers: Servers, model: str) -> None:
    (here,) = find_installations(path="")["llama_cpp"]
    made = await servers.preview(spec_of(model), here.program[0])
    assert here.program[0] in shlex.split(made.command)
