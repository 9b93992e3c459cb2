"""The whole app in a process of its own before a backend that means harm, and a second visitor beside it.

The second visitor is a process too: the attack may keep this one busy.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.security.test_files import call, config_of, functions
from tests.upstream import Script, ThreadedUpstream, scripts
from tests.upstream.steps import Status, Write
from tests.web.opened import ROOT, app_process

GOAL_S = 0.25  # what another visitor waits at most
BOUND_S = 2.0  # what is asserted: machines are noisy, and the attacks took up to 40 s
MIB = 2**20
ENDLESS_S = 120


@dataclass
class Attack:
    """What became of one.

    Attributes:
        pause_s: how long the second visitor waited at most.
        growth_bytes: of the app's own process, from before to the most that was seen.
        frames: what the live pane was sent.
        panels: what was drawn in the end, all panels' HTML.
    """

    pause_s: float = 0.0
    growth_bytes: int = 0
    frames: list[dict[str, Any]] = field(default_factory=list)
    panels: str = ""

    def told(self, name: str) -> None:
        """Print the figures."""
        print(f"{name}: longest pause {self.pause_s:.3f} s, memory +{self.growth_bytes / MIB:.0f} MiB")


class Attacked:
    """The app, its backend, and one visitor, who attacks."""

    def __init__(self, url: str, process: psutil.Process, upstream: ThreadedUpstream) -> None:
        self.url = url
        self.process = process
        self.upstream = upstream
        self.client = httpx.Client(base_url=url, timeout=ENDLESS_S, trust_env=False, headers={"accept": "text/html"})
        self._config = config_of(self.client)

    def send(self, script: Script, **form: Any) -> Attack:
        """Have the backend answer so, and look at the answer: live, when it is drawn, and after a reload."""
        self.upstream.enqueue(script)
        conversation = secrets.token_hex(18)
        attack = Attack()
        with self.watched(attack):
            attack.frames = self.exchange(conversation, **form)
            attack.panels = self.call("commit", [conversation])
            self.call("redraw", [conversation])
        return attack

    def exchange(self, conversation: str, **form: Any) -> list[dict[str, Any]]:
        """The frames of one exchange."""
        fields = {"conversation": conversation, "backend": "custom", "model": "m", "message": "go", "stream": True}
        with self.client.stream("POST", "/gradio_api/exchange", json=fields | form) as response:
            assert response.status_code == 200, response.read()
            return [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line]

    def call(self, name: str, data: list[Any] | None = None, **values: Any) -> str:
        """The answer of one of the page's functions; without `data` its inputs as the page has them, but `values`."""
        function = next(each for each in functions(self._config) if each["api_name"] == name)
        if data is None:
            known = {part["id"]: part["props"] for part in self._config["components"]}
            labels = [known[part].get("elem_id") or known[part].get("label") for part in function["inputs"]]
            given = [known[part].get("value") for part in function["inputs"]]
            data = [values.get(str(label), value) for label, value in zip(labels, given, strict=True)]
        answer = call(self.client, function, data)
        assert answer.status_code == 200, answer.text[:500]
        return answer.text

    @contextmanager
    def watched(self, attack: Attack) -> Iterator[None]:
        """Meanwhile the second visitor asks, and the memory is looked at."""
        command = [sys.executable, "-m", "tests.security.second_visitor", self.url, str(self.process.pid)]
        pipes: Mapping[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "watching\n"
            try:
                yield
            finally:
                process.stdin.close()
                seen = json.loads(process.stdout.read())
                attack.pause_s, attack.growth_bytes = seen["pause_s"], seen["growth_bytes"]


@contextmanager
def attacked(folder: Path) -> Iterator[Attacked]:
    """The app, its Custom URL a backend that can be told to attack."""
    with ThreadedUpstream() as upstream:
        settings = {"PLAYGROUND_BACKEND": "custom", "PLAYGROUND_CUSTOM_BASE_URL": upstream.base_url}
        with app_process(folder / "log", PLAYGROUND_CACHE_DIR=str(folder / "cache"), **settings) as app:
            one = Attacked(app.url, psutil.Process(app.pid), upstream)
            with closing(one.client):
                one.send(scripts.stream(["```python\nprint(1)\n```\n"]))  # the first of a process is slower
                yield one


def streamed(*events: str, end: bool = True) -> Script:
    """A stream of these texts as the data of events."""
    data = b"".join(b"data: " + event.encode() + b"\n\n" for event in events)
    pieces = [data[at : at + 2**16] for at in range(0, len(data), 2**16)]
    done = [Write(b"data: [DONE]\n\n")] if end else []
    return Script((Status(headers=(("content-type", "text/event-stream"),)), *map(Write, pieces), *done))


def delta(**fields: Any) -> str:
    """An event with one delta."""
    return json.dumps({"choices": [{"index": 0, "delta": fields}]})


def said(text: str, size: int = 4000) -> Script:
    """An answer of this text, in deltas of `size` characters."""
    return streamed(*(delta(content=text[at : at + size]) for at in range(0, len(text), size)))
