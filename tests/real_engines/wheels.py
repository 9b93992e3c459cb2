"""A folder of wheels, filled from a complete list of packages in batches, so that an interrupted one goes on.

Standard library only.
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playground.errors import EngineUnavailable
from tests.real_engines.commands import call

PIP = ("-m", "pip", "--no-input", "--disable-pip-version-check", "--no-cache-dir")
_BATCH = 24  # packages for each call of pip; what an interruption loses at most
_MB = 1_000_000
_TELL_EVERY_S = 10.0
_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"  # the index that everybody has holds the torch for CUDA


class Wheels:
    """The wheels in `folder`, fetched with the pip of `python`."""

    def __init__(self, folder: Path, python: Path) -> None:
        self._folder = folder
        self._python = python

    def fetch(self, packages: Sequence[str], tell: Callable[[str], None]) -> None:
        """Fetches those of `packages`, each `name==version`, that are not there.

        Raises:
            EngineUnavailable: pip could not fetch one.
        """
        self._folder.mkdir(exist_ok=True)
        torch = [each for each in packages if each.startswith("torch==")]
        others = [each for each in packages if each not in torch]
        with self._watching(packages, tell):
            for batch in [torch, *(others[at : at + _BATCH] for at in range(0, len(others), _BATCH))]:
                missing = self.missing(batch)
                if missing and self._download(missing)[0] != 0:
                    for package in self.missing(batch):
                        self._fetch_alone(package)

    def _fetch_alone(self, package: str) -> None:
        """After a batch has failed: one package, so that the message can name it."""
        status, said = self._download([package])
        tried = "pip's index"
        if status != 0 and package.startswith("torch=="):
            tried = f"{tried} and from {_TORCH_INDEX}"
            status, _ = self._download([package], "--index-url", _TORCH_INDEX)
        if status != 0:
            causes = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines()[-1:] or [""]
            raise EngineUnavailable(
                f"{package} could not be downloaded from {tried}: {causes[0][:300]}",
                advice="Check the network and PIP_INDEX_URL, then run this again: it goes on where it was.",
            )

    def _download(self, packages: Sequence[str], *options: str) -> tuple[int, str]:
        chosen = ("--no-deps", "--only-binary=:all:", "--dest", self._folder)
        return call(self._python, *PIP, "download", *options, *chosen, *packages)

    def missing(self, packages: Sequence[str]) -> list[str]:
        """Those of `packages` whose wheels are not in the folder."""
        there = {_named(*file.name.split("-")[:2]) for file in self._folder.glob("*.whl")}
        return [package for package in packages if _named(*package.split("==")) not in there]

    @contextmanager
    def _watching(self, packages: Sequence[str], tell: Callable[[str], None]) -> Iterator[None]:
        """Tells now and then how many have come, until the body is done."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(_TELL_EVERY_S):
                size = sum(file.stat().st_size for file in self._folder.glob("*.whl")) // _MB
                tell(f"{len(packages) - len(self.missing(packages))} of {len(packages)} packages, {size} MB")

        watcher = threading.Thread(target=watch, name="wheels-progress", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def _named(name: str, version: str) -> tuple[str, str]:
    """A package's name as wheels' files and lists both come to it, and its version."""
    return re.sub(r"[-_.]+", "_", name).lower(), version.lower()
