"""The embedded model as one object: fetched, started, watched and stopped."""

import asyncio
import contextlib
import importlib.util
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx

from playground.engines.embedded.models import ADVICE_MARK, ERROR_MARK, find_model
from playground.engines.health import is_healthy
from playground.engines.process.process import EngineProcess
from playground.environment import child_environment
from playground.errors import EngineError, EngineUnavailable
from playground.phases import Phase

ALIAS = "SmolLM2-135M-Instruct"
_ADVICE = "pip install 'chat-playground[local]'"
_LOAD_S = 300.0
_GRACE_S = 3.0
_PROBE_S = 2.0
_ROOT = str(Path(__file__).resolve().parents[3])


@dataclass(frozen=True, slots=True)
class EngineState:
    """What is known of an engine now. `words`: one short line for a person; `error`: why it failed."""

    phase: Phase
    words: str
    error: EngineError | None = None


class EmbeddedEngine:
    """The embedded model, in its own process, which ends with this one.

    As a context manager it starts, waits until it is ready, gives its base URL, and stops:

        async with EmbeddedEngine() as base_url: ...
    """

    def __init__(
        self,
        *,
        model_path: Path | None = None,
        hf_repo: str | None = None,
        hf_file: str | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        """Prepares; `start` starts.

        Args:
            model_path: a GGUF file; None for the default model, or the Hub's.
            hf_repo: a repository of the Hub, with `hf_file`.
            hf_file: the GGUF file in it.
            cache_dir: where a fetched model is kept; None for the user's cache.
        """
        self._model_path = model_path
        self._hf_repo = hf_repo
        self._hf_file = hf_file
        self._cache_dir = cache_dir
        self._state = _STOPPED
        self._base_url: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._process: EngineProcess | None = None
        self._settled = asyncio.Event()

    @property
    def state(self) -> EngineState:
        """How far it is."""
        return self._state

    @property
    def base_url(self) -> str | None:
        """Where it answers, while it is ready: `http://127.0.0.1:PORT/v1`."""
        return self._base_url

    @property
    def process(self) -> EngineProcess | None:
        """Its process, with the log; None while there is none."""
        return self._process

    async def start(self) -> None:
        """Begins to bring it up, and returns at once. If it runs, or comes up, nothing happens."""
        if self._task is not None and not self._task.done():
            return
        self._settled.clear()
        self._state = EngineState(Phase.LOADING, "loading")
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stops it; returns when its process has gone. It may be called at any time, and twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        self._base_url = None
        self._state = _STOPPED
        self._settled.set()

    async def wait_ready(self, timeout_s: float = 120) -> str:
        """Waits until it answers.

        Returns:
            The base URL.

        Raises:
            EngineError: it failed, was stopped, or the time is over.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._settled.wait()
        except TimeoutError as error:
            raise EngineError(
                f"The embedded model was not ready after {timeout_s:g} s ({self._state.words}).",
                advice="It continues in the background: try again in a while.",
            ) from error
        if self._base_url is not None:
            return self._base_url
        raise self._state.error or EngineError("The embedded model was stopped.", advice="Start it again.")

    async def __aenter__(self) -> str:
        await self.start()
        try:
            return await self.wait_ready()
        except BaseException:
            await self.stop()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _run(self) -> None:
        """From the fetching to the end of the process, which only a failure or `stop` brings."""
        try:
            _require_xllamacpp()
            model = self._find() or await self._fetch()
            self._state = EngineState(Phase.LOADING, "loading")
            await self._serve(model)
        except EngineError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - shown as the state; a task's own end would be seen by nobody
            self._fail(EngineError(f"The embedded model failed: {error!r}"))

    def _fail(self, error: EngineError) -> None:
        self._base_url = None
        self._state = EngineState(Phase.FAILED, f"failed: {error.message}", error)
        self._settled.set()

    def _find(self) -> Path | None:
        return find_model(self._model_path, hf_repo=self._hf_repo, hf_file=self._hf_file, cache_dir=self._cache_dir)

    async def _fetch(self) -> Path:
        """Fetches the model in a process, since a process can be stopped."""
        argv = [sys.executable, "-P", "-m", "playground.engines.embedded.models"]
        options = {"--hf-repo": self._hf_repo, "--hf-file": self._hf_file, "--cache-dir": self._cache_dir}
        for name, value in options.items():
            argv += [f"{name}={value}"] if value else []
        said: dict[str, str] = {}

        def note(line: str) -> None:
            for mark in (ERROR_MARK, ADVICE_MARK):
                if line.startswith(mark):
                    said[mark] = line.removeprefix(mark)
                    return
            if "the model" in line:
                self._state = EngineState(Phase.DOWNLOADING, line)

        self._state = EngineState(Phase.DOWNLOADING, "downloading the model")
        async with self._running(argv, note, downloads=True) as process:
            status = await process.wait()
            if ERROR_MARK in said:
                raise EngineUnavailable(said[ERROR_MARK], advice=said.get(ADVICE_MARK, ""))
            model = self._find()
            if status != 0 or model is None:
                raise process.exited()
            return model

    async def _serve(self, model: Path) -> None:
        port = _free_port()
        argv = [sys.executable, "-P", "-m", "playground.engines.embedded"]
        alias = self._alias(model)
        argv += ["--model", str(model), "--port", str(port), "--alias", alias]
        origin = f"http://127.0.0.1:{port}"
        async with self._running(argv) as process, httpx.AsyncClient(trust_env=False, timeout=_PROBE_S) as client:
            await process.wait_until(lambda: is_healthy(client, f"{origin}/health"), _LOAD_S)
            self._base_url = f"{origin}/v1"
            self._state = EngineState(Phase.READY, "ready")
            self._settled.set()
            await process.wait()
            raise process.exited()

    def _alias(self, model: Path) -> str:
        """The model's name in the API."""
        return ALIAS if self._model_path is None and self._hf_repo is None else model.stem

    @contextlib.asynccontextmanager
    async def _running(
        self, argv: list[str], on_line: Callable[[str], None] | None = None, *, downloads: bool = False
    ) -> AsyncIterator[EngineProcess]:
        """A process that has gone when the body is left, however that is."""
        # The children find this very package, also where it is not installed.
        path = os.pathsep.join(part for part in (_ROOT, os.environ.get("PYTHONPATH")) if part)
        also = ("PIP_",) if downloads else ()
        env = child_environment(downloads=downloads, also=also) | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        self._process = process = EngineProcess(
            argv, env, _GRACE_S, name="The embedded model's process", on_line=on_line
        )
        try:
            await process.start()
            yield process
        finally:
            await process.stop()


_STOPPED = EngineState(Phase.STOPPED, "stopped")


def _require_xllamacpp() -> None:
    if importlib.util.find_spec("xllamacpp") is None:
        raise EngineUnavailable("The package xllamacpp, which runs the embedded model, is missing.", advice=_ADVICE)


def _free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
