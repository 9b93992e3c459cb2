"""Where the engines are: looked for once, and again for who needs to know what is there now."""

from pathlib import Path

import pytest

from playground.app.servers.launch_choices import Installations


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
