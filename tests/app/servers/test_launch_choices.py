"""Where the engines are: looked for once, and again for who needs to know what is there now."""

from pathlib import Path

import pytest

from playground.app.servers.launch_choices import Installations
from playground.errors import InvalidLaunch


@pytest.mark.model
async def test_an_engine_installed_meanwhile_is_found_by_who_asks_for_it(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    installations = Installations([tmp_path])
    assert str(python) not in [one.program[0] for one in await installations.of("vllm")]
    python.parent.mkdir()
    python.write_text("""#!/bin/sh\necho '{"vllm": "0.99"}'\n""")
    python.chmod(0o755)
    assert str(python) not in [one.program[0] for one in await installations.of("vllm", max_age_s=3600)]
    first = (await installations.of("vllm", max_age_s=0))[0]
    assert (first.program, first.version) == ((str(python),), "0.99")
    assert first in await installations.of("vllm")


@pytest.mark.parametrize("where", ["{0}/llama-server", "./llama-server", "{0}/../{1}/llama-server"])
async def test_a_program_that_is_not_on_path_is_taken_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\necho version: 9\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    found = await Installations().choose("llama_cpp", where.format(tmp_path, tmp_path.name))
    assert found
    assert (found.kind, found.version) == ("program", "9")
    assert found.program[0] in {str(program), where.format(tmp_path, tmp_path.name)}


async def test_a_program_of_another_engine_is_not_taken(tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    with pytest.raises(InvalidLaunch, match="vllm was not found in"):
        await Installations().choose("vllm", str(program))
