"""A Hub on this machine's loopback: the few routes that huggingface_hub asks for a file, with their status and headers.

As huggingface.co answers (its errors by the table in huggingface_hub's `hf_raise_for_status`): a file's HEAD carries
`ETag`, `X-Repo-Commit` and `Content-Length`; a missing one has `X-Error-Code`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.engines.fit.shapes import Tensor

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def header_of(tensors: Iterable[Tensor]) -> bytes:
    """The beginning of a safetensors file with these tensors: the length and the header; the weights are left out."""
    rows: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for tensor in tensors:
        rows[tensor.name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [at, at + tensor.size]}
        at += tensor.size
    text = json.dumps(rows).encode()
    return len(text).to_bytes(8, "little") + text


def sharded(config: Mapping[str, Any], tensors: list[Tensor], shards: int) -> dict[str, bytes]:
    """The files of a repository: its configuration, an index, and the headers of its weights."""
    names = [f"model-{number:05}-of-{shards:05}.safetensors" for number in range(1, shards + 1)]
    parts = [tensors[number::shards] for number in range(shards)]
    index = {
        "metadata": {"total_size": sum(tensor.size for tensor in tensors)},
        "weight_map": {tensor.name: name for name, part in zip(names, parts, strict=True) for tensor in part},
    }
    return {
        "config.json": json.dumps(config).encode(),
        "model.safetensors.index.json": json.dumps(index).encode(),
        **{name: header_of(part) for name, part in zip(names, parts, strict=True)},
    }


class Hub(ThreadingHTTPServer):
    """What it has: files by repository, and repositories that answer with an error: status, X-Error-Code."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files: dict[str, dict[str, bytes]] = {}
        self.errors: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []
        self.endpoint = f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def do_GET(self) -> None:
        hub = self.server
        hub.asked.append(f"{self.command} {self.path}")
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
        if found is None:
            self._send(404, {"X-Error-Code": "RepoNotFound"})
            return
        repository, revision, name = found.groups()
        if repository in hub.errors:
            status, code = hub.errors[repository]
            self._send(status, {"X-Error-Code": code} if code else {})
        elif repository not in hub.files:
            self._send(401, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})
        elif revision not in {"main", COMMIT}:
            self._send(404, {"X-Error-Code": "RevisionNotFound"})
        elif name not in hub.files[repository]:
            self._send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        else:
            self._file(hub.files[repository][name])

    do_HEAD = do_GET  # noqa: N815 - the library's name; `_send` leaves the body out

    def _file(self, content: bytes) -> None:
        headers = {"ETag": f'"{abs(hash(content)):x}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            self._send(200, headers, content)
            return
        begin, end = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {begin}-{end}/{len(content)}"
        self._send(206, headers, content[begin : end + 1])

    def _send(self, status: int, headers: Mapping[str, str], content: bytes = b"") -> None:
        self.send_response(status, HTTPStatus(status).phrase)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub that listens while the block runs."""
    with Hub() as hub:
        thread = Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
