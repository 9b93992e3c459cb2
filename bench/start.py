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
    ours, bare = [], []
    for index in range(rounds + 1):
        port = free_port()
        app_s = first_answer(["app.py", "--port", str(port)], port)
        port = free_port()
        bare_s = first_answer(["-m", "bench.bare", str(port)], port)
        if index:
            ours.append(app_s)
            bare.append(bare_s)
    detail = f"median of {rounds}; {min(ours):.2f} to {max(ours):.2f} s; without the embedded model"
    yield Figure("start", "first 200", median(ours), "s", 4, detail)
    detail = f"{median(ours):.2f} s / {median(bare):.2f} s"
    yield Figure("start", "first 200 / bare Gradio app", median(ours) / median(bare), "x", None, detail)


def first_answer(words: Sequence[str], port: int) -> float:
    """Seconds from the start of the process until `GET /` has answered 200.

    Raises:
        RuntimeError: it did not within a minute.
    """
    env = environment(PLAYGROUND_EMBEDDED="false")
    start = time.perf_counter()
    command = [sys.executable, *words]
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
