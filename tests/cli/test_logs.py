"""`logs` with a log that is written meanwhile: a process of its own reads what this one writes."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.engines.launch.log_store import LogStore
from playground.engines.launch.processes import identify, this_machine
from playground.engines.launch.registry import Record, Registry, this_app
from tests.cli.running import ARGV, ROOT, environment, playground

LINES = 60


@pytest.fixture
def guard() -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for a running server: as long as it lives, the server is running."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture
def record(tmp_path: Path, guard: subprocess.Popen[bytes]) -> Record:
    """A server's record, written as this app would."""
    machine, boot = this_machine()
    record = Record(
        id="0123456789abcdef",
        name="small",
        engine="llama_cpp",
        model="a.gguf",
        spec={},
        command="llama-server",
        host="127.0.0.1",
        port=8080,
        base_url="http://127.0.0.1:8080/v1",
        log="small-01234567.log",
        machine=machine,
        boot=boot,
        owner=this_app(),
        guard=identify(guard.pid),
        started_at=1.0,
    )
    Registry(tmp_path / "servers").write(record)
    return record


@pytest.mark.timeout(120)
def test_follow_prints_every_line_once_while_the_files_change(
    tmp_path: Path, record: Record, guard: subprocess.Popen[bytes]
) -> None:
    registry = Registry(tmp_path / "servers")
    log = LogStore(record.log_path(registry.folder), max_bytes=200)  # a new file every ten lines
    log.append(b"line 00\nline 01\n")
    argv = [*ARGV, "logs", "small", "--follow", "--lines", "1"]
    env = environment(PLAYGROUND_CACHE_DIR=str(tmp_path))
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT) as process:
        assert process.stdout
        try:
            seen = [process.stdout.readline()]
            for number in range(2, LINES):
                log.append(f"line {number:02}\n".encode())
                if number % 7 == 0:  # some at a time
                    seen += [process.stdout.readline() for _ in range(number + 1 - len(seen) - 1)]
            guard.kill()
            guard.wait()
            log.append(b"the last words, without an end")
            log.close()
            registry.end(record, "stopped")
            seen += process.stdout.readlines()
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert seen == [*(f"line {number:02}\n" for number in range(1, LINES)), "the last words, without an end\n"]


def test_without_follow_the_last_lines_of_both_files(tmp_path: Path, record: Record) -> None:
    log = LogStore(record.log_path(tmp_path / "servers"), max_bytes=200)
    for number in range(25):
        log.append(f"line {number:02}\n".encode())
    ran = playground("logs", "small", "--lines", "9", PLAYGROUND_CACHE_DIR=str(tmp_path))
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [f"line {number:02}" for number in range(16, 25)]
