"""`python -m tests.security.second_visitor URL PID`: asks a cheap route every 10 ms until its input ends.

Says "watching" when it has begun, and in the end, as JSON, how long it waited at most (`pause_s`) and by how much the
process's memory grew at most (`growth_bytes`).
"""

import http.client
import json
import select
import sys
import time
from urllib.parse import urlsplit

import psutil

EVERY_S = 0.01
ROUTE = "/gradio_api/app_id"


def watch(url: str, pid: int) -> None:
    """Ask, and look."""
    process = psutil.Process(pid)
    at_first = most = process.memory_info().rss
    longest = 0.0
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    ask(connection)
    print("watching", flush=True)
    while not select.select([sys.stdin], [], [], EVERY_S)[0]:
        begun = time.perf_counter()
        ask(connection)
        longest = max(longest, time.perf_counter() - begun)
        most = max(most, process.memory_info().rss)
    print(json.dumps({"pause_s": longest, "growth_bytes": most - at_first}), flush=True)


def ask(connection: http.client.HTTPConnection) -> None:
    """One request; any answer will do."""
    connection.request("GET", ROUTE)
    connection.getresponse().read()


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]))
