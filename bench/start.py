"""`start`: from `python app.py` to its first answer, against a bare Gradio app."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

import httpx

from bench.figures import Figure
from bench.processes import ROOT, START_S, environment, free_port

STEP_S = 0.01


def measure_start(*, quick: bool) -> Iterator[Figure]:
    """In turns, after one of each that fills the disk's cache."""
    rounds = 1 if quick else 5
    runs: dict[str, list[float]] = {"as it comes": [], "no model": [], "bare": []}
    for _ in range(rounds + 1):
        runs["as it comes"].append(first_answer(["app.py", "--port"]))
        runs["no model"].append(first_answer(["app.py", "--port"], PLAYGROUND_EMBEDDED="false"))
        runs["bare"].append(first_answer(["-m", "bench.bare"]))
    middle = {name: median(times[1:]) for name, times in runs.items()}
    spread = f"{min(runs['as it comes'][1:]):.2f} to {max(runs['as it comes'][1:]):.2f} s"
    detail = f"median of {rounds}, {spread}; the embedded model starts beside it; without it {middle['no model']:.2f} s"
    yield Figure("start", "first 200", middle["as it comes"], "s", 4, detail)
    ratio = middle["as it comes"] / middle["bare"]
    yield Figure("start", "first 200 / bare Gradio app", ratio, "x", None, f"bare: {middle['bare']:.2f} s")


def first_answer(words: Sequence[str], **settings: str) -> float:
    """Seconds from the start of `python *words PORT` until `GET /` has answered 200.

    Raises:
        RuntimeError: it did not within a minute.
    """
    port, env = free_port(), environment(**settings)
    command = [sys.executable, *words, str(port)]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, env=env) as process:
        try:
            while time.perf_counter() - start < START_S:
                try:
                    status = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=START_S).status_code
                except httpx.ConnectError:
                    time.sleep(STEP_S)
                    continue
                if status == httpx.codes.OK:
                    return time.perf_counter() - start
        finally:
            process.terminate()
            process.wait(START_S)
    raise RuntimeError(f"{' '.join(words)} gave no 200 within {START_S} s")
