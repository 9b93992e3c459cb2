"""A server program for tests of the supervisor: it loads, answers, misbehaves and dies as its arguments say.

Standard library only. It prints the phases in words of its own, which `engine.py` reads.
"""

import argparse
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEPT: list[object] = []


def say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


class Answers(BaseHTTPRequestHandler):
    ready = False
    running = 0

    def do_GET(self) -> None:
        known = {"/health": b"ok", "/running": str(self.running).encode(), "/v1/models": b"{}"}
        status = 200 if type(self).ready or self.path == "/v1/models" else 503
        self.send_response(status)
        self.end_headers()
        self.wfile.write(known.get(self.path, b""))

    def do_POST(self) -> None:
        """A request that takes as many seconds as its path says, or ends the program."""
        if self.path == "/die":
            say("RuntimeError: asked to die")
            os._exit(3)
        type(self).running += 1
        time.sleep(float(self.path.strip("/")))
        type(self).running -= 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def leave(file: str) -> None:
    """A daemon by the book: two forks and a session of its own; its number goes to the file."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            Path(file).write_text(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
    os.wait()


def flood(megabytes: int) -> None:
    line = b"flood " + b"x" * 93 + b"\n"
    for _ in range(megabytes * 10):
        sys.stdout.buffer.write(line * 1000)
    sys.stdout.buffer.flush()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--load-s", type=float, default=0.1)
    parser.add_argument("--deaf", action="store_true", help="ignores SIGTERM")
    parser.add_argument("--children", type=int, default=0, help="that stay in the group, and ignore SIGTERM")
    parser.add_argument("--leave", help="starts a daemon outside the group, and writes its number there")
    parser.add_argument("--outlive-parent", action="store_true", help="unsets Linux's signal at the guard's death")
    parser.add_argument("--flood", type=int, default=0, help="megabytes of log")
    parser.add_argument("--fatal", action="store_true", help="says that it is lost, and hangs")
    parser.add_argument("--exit", type=int, help="exits with this status")
    parser.add_argument("--say", default="")
    parser.add_argument("--bind", default="yes")
    parser.add_argument("--share", action="store_true", help="keeps a megabyte of shared memory, and prints its name")
    return parser.parse_args()


def prepare(args: argparse.Namespace) -> None:
    """All that it does before it listens."""
    if args.deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if args.outlive_parent:
        import ctypes

        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    if args.share:
        from multiprocessing import resource_tracker, shared_memory

        block = shared_memory.SharedMemory(create=True, size=1_000_000)
        resource_tracker.unregister(block._name, "shared_memory")  # type: ignore[attr-defined] # as if it was killed too
        KEPT.append(block)
        say(f"shared {block.name}")
    say(f"key is {os.environ.get('FAKE_API_KEY', 'none')}; {args.say}")
    if args.leave:
        leave(args.leave)
    for _ in range(args.children):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
            os._exit(0)
    if args.exit is not None:
        say("error: no such thing")
        sys.exit(args.exit)


def main() -> None:
    args = parse()
    prepare(args)
    if args.bind == "yes":
        server = ThreadingHTTPServer(("127.0.0.1", args.port), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    if args.flood:
        flood(args.flood)
    for part in range(5):
        say(f"loading {part * 25} of 100", end="\r")
        time.sleep(args.load_s / 5)
    say("kv 4096")
    if args.fatal:
        say("FATAL: port is taken")
        time.sleep(600)
    Answers.ready = True
    say("ready")
    time.sleep(600)


if __name__ == "__main__":
    main()
