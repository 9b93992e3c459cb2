"""llama.cpp in the app, started by the same kind of command as the other engines."""

import os
import socket

import httpx
import pytest

from playground.engines.embedded.models import MODEL_FILE, find_model
from playground.engines.kinds import find_engine
from playground.engines.kinds.failures import diagnose, is_fatal
from playground.engines.kinds.locate import find_installations
from playground.engines.process.process import EngineProcess
from playground.engines.recipes import load_recipes, recipes_folder
from playground.phases import Phase
from tests.engines.kinds.reading import follow, sizes
from tests.ports import free_port


@pytest.mark.model
async def test_the_recipe_of_the_embedded_model_comes_up_and_tells_its_phases() -> None:
    if find_model() is None:
        pytest.skip("the model is not on this machine: python -m playground.engines.embedded.models fetches it")
    engine, port = find_engine("llama_cpp"), free_port()
    spec = next(recipe.spec for recipe in load_recipes(recipes_folder()) if recipe.spec.model == MODEL_FILE)
    (place,) = find_installations(path="")["llama_cpp"]
    command = engine.command(spec, place, port)
    lines: list[str] = []
    process = EngineProcess(command.argv, {**os.environ, **command.env}, 3, on_line=lines.append)
    origin = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:

        async def ready() -> bool:
            try:
                return (await client.get(f"{origin}{engine.health_path}")).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        await process.start()
        try:
            await process.wait_until(ready, 60)
            models = (await client.get(f"{origin}/v1/models")).json()
        finally:
            await process.stop()
    assert [model["id"] for model in models["data"]] == [spec.served_name]
    assert follow(engine, lines).phase is Phase.READY
    assert any((said := engine.read(line)) and said.phase is Phase.LOADING for line in lines)
    assert sizes(engine, lines)["context_length"] > 0
    assert diagnose("llama_cpp", lines, spec, None) is None
    assert not any(is_fatal("llama_cpp", line) for line in lines)


@pytest.mark.model
async def test_its_taken_port_is_known() -> None:
    if find_model() is None:
        pytest.skip("the model is not on this machine: python -m playground.engines.embedded.models fetches it")
    engine, port = find_engine("llama_cpp"), free_port()
    spec = next(recipe.spec for recipe in load_recipes(recipes_folder()) if recipe.spec.model == MODEL_FILE)
    (place,) = find_installations(path="")["llama_cpp"]
    command = engine.command(spec, place, port)
    lines: list[str] = []
    process = EngineProcess(command.argv, {**os.environ, **command.env}, 3, on_line=lines.append)
    with socket.create_server(("127.0.0.1", port)):
        await process.start()
        try:
            returncode = await process.wait()
        finally:
            await process.stop()
    found = diagnose("llama_cpp", lines, spec, returncode)
    assert found is not None
    assert (found.title, found.fix) == ("The port is already in use", {"port": None})
