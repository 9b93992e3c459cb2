"""Records what the real engines tell of themselves, for the tests of reading it.

    python -m tests.real_engines.record_metrics [vllm] [sglang] [llamacpp]

Writes tests/data/metrics/ENGINE-WHEN.txt: the /metrics before a request, during one, and after it, without the
histograms; and tests/data/metrics/ENGINE-PATH.json: the documents that tell what server it is. Paths,
addresses and the host's name of the machine are taken out.
"""

import asyncio
import contextlib
import json
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.asking import MODEL
from tests.background import background_loop
from tests.real_engines.engine import ENGINES, HERE, checkpoint
from tests.real_engines.running import running

FOLDER = HERE.parent / "data" / "metrics"
LLAMACPP = "llamacpp"
_OWN = re.compile(r"^(# (HELP|TYPE) )?(vllm|sglang|llamacpp):")
_CREATED = re.compile(r"_created[ {]")
_PATHS = ("/version", "/server_info", "/model_info", "/props", "/v1/models")
_ADDRESS = re.compile(r"\b(?!127\.0\.0\.1|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}\b")
_CUT = 200  # characters of one text in a document: a chat template is thousands
_MACHINE = {
    "launch_command",
    "system_env",
    "random_seed",
    "pid",
    "media_marker",
    "internal_states",
}  # of one start, of the machine, or the rest again


def main() -> None:
    """Record the engines named, or all; one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or [*ENGINES, LLAMACPP]:
        with _origin(name) as origin:
            for file, text in _record(origin).items():
                (FOLDER / f"{name}-{file}").write_text(text)
                sys.stdout.write(f"{name}-{file}: {len(text)} characters\n")


@contextlib.contextmanager
def _origin(name: str) -> Iterator[str]:
    if name != LLAMACPP:
        with running(ENGINES[name]) as server:
            yield server.origin
        return
    from playground.engines.embedded.engine import EmbeddedEngine

    with background_loop(name) as wait_for:
        engine = EmbeddedEngine()
        url = wait_for(engine.__aenter__(), 150)
        try:
            yield url.removesuffix("/v1")
        finally:
            wait_for(engine.stop(), 30)


def _record(origin: str) -> dict[str, str]:
    with httpx.Client(base_url=origin, timeout=60, trust_env=False) as client:
        files = {"before.txt": _metrics(client)}
        with client.stream("POST", "/v1/chat/completions", json=_request(200)) as answer:
            lines = answer.iter_lines()
            for _ in zip(range(60), lines, strict=False):
                pass
            files["during.txt"] = _metrics(client)
            for _ in lines:
                pass
        client.post("/v1/chat/completions", json=_request(8)).raise_for_status()
        files["after.txt"] = asyncio.run(_settled(client))
        for path in _PATHS:
            answer = client.get(path)
            if answer.is_success:
                name = path.removeprefix("/v1").strip("/")
                files[f"{name}.json"] = _cleaned(json.dumps(trimmed(answer.json()), indent=1)) + "\n"
    return files


def _request(max_tokens: int) -> dict[str, Any]:
    said = [{"role": "user", "content": "Write an essay about the sea."}]
    streams = {"stream": True} if max_tokens > 100 else {}
    return {"model": MODEL, "messages": said, "max_tokens": max_tokens, "temperature": 0, **streams}


def _metrics(client: httpx.Client) -> str:
    text = client.get("/metrics").raise_for_status().text
    return trimmed_metrics(text)


def trimmed_metrics(text: str) -> str:
    """The engine's own gauges and counters."""
    left_out = tuple(re.findall(r"(?m)^# TYPE (\S+) (?:histogram|summary)$", text))
    kept = []
    for line in text.splitlines():
        name = line.split(" ", 3)[2] if line.startswith("# ") else line
        if _OWN.match(line) and not name.startswith(left_out or ("\0",)) and not _CREATED.search(line):
            kept.append(line)
    return _cleaned("\n".join(kept)) + "\n"


async def _settled(client: httpx.Client) -> str:
    """The metrics once they no longer change: SGLang writes some of them a while after the answer."""
    text = ""
    for _ in range(20):
        before, text = text, _metrics(client)
        if before == text:
            break
        await asyncio.sleep(3)
    return text


def trimmed(value: Any) -> Any:
    """A document without what is long, or of this start alone."""
    if isinstance(value, dict):
        return {key: trimmed(part) for key, part in value.items() if key not in _MACHINE}
    if isinstance(value, list):
        return [trimmed(part) for part in value[:20]]
    if isinstance(value, str) and len(value) > _CUT:
        return value[:_CUT] + "…"
    return value


def _cleaned(text: str) -> str:
    places = {
        str(checkpoint()): "/path/model",
        str(HERE): "/path",
        str(Path(sys.base_prefix)): "/path/python",
        str(Path.home()): "/path/home",
        tempfile.gettempdir(): "/path/tmp",
        socket.gethostname(): "host",
    }
    for place, word in places.items():
        text = text.replace(place, word)
    return _ADDRESS.sub("192.0.2.1", text)


if __name__ == "__main__":
    main()
