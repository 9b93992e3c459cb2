"""Nothing that the guard started outlives it, however it or its app ends."""

import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from playground.engines.process.process import EngineProcess, how_it_ended
from playground.errors import EngineExited
from tests.web.running import until

GUARD = [sys.executable, "-m", "playground.engines.process.guard"]
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(99)"
# A daemon by the book: two forks, a session of its own, and its parent has gone.
LEAVER = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(99)
    os._exit(0)
os.wait()
print("up", flush=True)
time.sleep(99)
"""
APP = """
import subprocess, sys, time
guard = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
guard.stdout.readline()
open(sys.argv[1], "w").write(str(guard.pid))
time.sleep(99)
"""


def start(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*GUARD, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def close(guard: subprocess.Popen[bytes], timeout: float = 8) -> int:
    assert guard.stdin
    assert guard.stdout
    guard.stdin.close()
    status = guard.wait(timeout)
    guard.stdout.close()
    return status


def gone(pids: list[int], within_s: float = 5) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def read_pid(file: Path) -> int:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if file.exists() and file.read_text():
            return int(file.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{file} was not written")


def test_passes_output_and_status_through() -> None:
    guard = start("5", "--", sys.executable, "-c", "import sys; print('out'); sys.exit(7)")
    assert guard.stdout
    assert guard.stdout.read() == b"out\n"
    assert close(guard) == 7


def test_says_128_plus_the_signal() -> None:
    guard = start("5", "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert guard.wait(5) == 137
    close(guard)


def test_a_program_that_is_not_there() -> None:
    guard = start("5", "--", "/no/such/program")
    assert guard.wait(5) == 127
    close(guard)


@pytest.mark.parametrize("arguments", [[], ["5"], ["5", "--"], ["x", "--", "true"], ["5", "true"]])
def test_wrong_arguments(arguments: list[str]) -> None:
    done = subprocess.run([*GUARD, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage:")


def test_kills_what_ignores_sigterm_after_the_grace() -> None:
    guard = start("0.3", "--", sys.executable, "-c", DEAF)
    assert guard.stdout
    assert guard.stdout.readline() == b"up\n"
    pids = [process.pid for process in psutil.Process(guard.pid).children(recursive=True)]
    began = time.monotonic()
    assert close(guard) == 137
    assert time.monotonic() - began >= 0.3
    assert pids
    assert gone(pids)


def test_sigterm_to_the_guard_stops_too() -> None:
    guard = start("5", "--", "sleep", "99")
    while not (children := psutil.Process(guard.pid).children()):
        time.sleep(0.02)
    guard.send_signal(signal.SIGTERM)
    assert guard.wait(5) == 143
    close(guard)
    assert gone([child.pid for child in children])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans come to the guard on Linux only")
def test_ends_a_daemon_that_left_the_group(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    guard = start("2", "--", sys.executable, "-c", LEAVER, str(file))
    assert guard.stdout
    assert guard.stdout.readline() == b"up\n"
    daemon = read_pid(file)
    assert alive(daemon)
    close(guard)
    assert gone([daemon])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans come to the guard on Linux only")
def test_kill_9_of_the_app_leaves_nothing(tmp_path: Path) -> None:
    guard_file, daemon_file = tmp_path / "guard", tmp_path / "daemon"
    guarded = [*GUARD, "1", "--", sys.executable, "-c", LEAVER, str(daemon_file)]
    app = subprocess.Popen([sys.executable, "-c", APP, str(guard_file), *guarded])
    guard, daemon = read_pid(guard_file), read_pid(daemon_file)
    pids = [guard, daemon, *(child.pid for child in psutil.Process(guard).children(recursive=True))]
    assert len(set(pids)) >= 3
    app.kill()
    app.wait(5)
    assert gone(pids)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's own signal at the parent's death")
def test_kill_9_of_the_guard_takes_the_program_along() -> None:
    guard = start("5", "--", "sleep", "99")
    while not (children := psutil.Process(guard.pid).children()):
        time.sleep(0.02)
    guard.kill()
    assert gone([child.pid for child in children])
    close(guard)


def never() -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return False

    return ready


async def test_a_process_that_ends_says_why() -> None:
    process = EngineProcess([sys.executable, "-c", "import sys; print('a\\rb'); sys.exit('error: no such flag')"])
    await process.start()
    with pytest.raises(EngineExited, match="ended with status 1: error: no such flag") as caught:
        await process.wait_until(never(), 10)
    assert caught.value.returncode == 1
    assert sorted(caught.value.log_tail.splitlines()) == ["a", "b", "error: no such flag"]
    await process.stop()


async def begun(process: EngineProcess) -> None:
    """Until the guard has started the program: from then on it answers signals."""
    assert process.guard_pid
    guard = psutil.Process(process.guard_pid)
    await until(lambda: bool(guard.children()), 30)


async def test_a_process_that_is_never_ready() -> None:
    process = EngineProcess(["sleep", "99"], grace_s=1)
    await process.start()
    await begun(process)
    with pytest.raises(EngineExited, match=r"not ready after 0\.2 s"):
        await process.wait_until(never(), 0.2)
    await process.stop()
    assert process.returncode == 143
    await process.stop()


async def test_the_log_keeps_its_end() -> None:
    program = "for i in range(5000): print('line', i, 'é')"
    seen: list[str] = []
    process = EngineProcess([sys.executable, "-c", program], log_bytes=1000, on_line=seen.append)
    await process.start()
    assert await process.wait() == 0
    await process.stop()
    assert process.log_tail(1) == "line 4999 é"
    assert len(process.log_tail(9999).encode()) <= 1000
    assert len(seen) == 5000


async def test_stop_kills_a_guard_that_hangs() -> None:
    process = EngineProcess(["sleep", "99"], grace_s=-7.5)
    await process.start()
    assert process.guard_pid
    await begun(process)
    psutil.Process(process.guard_pid).suspend()
    await process.stop()
    assert process.returncode == -9


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "has not ended"),
        (0, "ended with status 0"),
        (2, "ended with status 2"),
        (137, "was ended by SIGKILL"),
        (-15, "was ended by SIGTERM"),
        (255, "ended with status 255"),
    ],
)
def test_how_it_ended(status: int | None, words: str) -> None:
    assert how_it_ended(status) == words


@pytest.mark.parametrize("arguments", [["5", "--adopt"], ["5", "--adopt", "x:1"], ["5/x", "--", "true"]])
def test_wrong_arguments_of_an_adoption(arguments: list[str]) -> None:
    test_wrong_arguments(arguments)


@pytest.mark.parametrize(("asks", "at_least_s", "at_most_s"), [(True, 2, 60), (False, 0.2, 2)])
def test_where_the_app_has_died_it_waits_for_less(*, asks: bool, at_least_s: float, at_most_s: float) -> None:
    guard = start("2/0.2", "--", sys.executable, "-c", DEAF)
    assert guard.stdout
    assert guard.stdout.readline() == b"up\n"
    began = time.monotonic()
    if asks:
        guard.send_signal(signal.SIGTERM)
    assert close(guard) == 137
    assert at_least_s <= time.monotonic() - began < at_most_s


def test_an_adopted_number_that_is_another_process_is_left_alone() -> None:
    stranger = subprocess.Popen(["sleep", "99"])
    done = subprocess.run([*GUARD, "1", "--adopt", f"{stranger.pid}:1"], input=b"", timeout=10, check=False)
    assert done.returncode == 0
    assert alive(stranger.pid)
    stranger.kill()
    stranger.wait()
