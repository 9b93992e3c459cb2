"""A real nginx in front of the app, as somebody who opens it to others sets it up."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

PLACES = ("nginx", "/usr/sbin/nginx", f"{sys.prefix}/nginx/usr/sbin/nginx")
# As the README has it: the name that was asked for, and who asked.
GOOD = (
    "proxy_set_header Host $http_host;",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
)
CONFIG = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 64m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {app};
      proxy_http_version 1.1;
      proxy_buffering off;
      {headers}
    }}
  }}
}}
"""


@contextmanager
def nginx_before(app: str, folder: Path, headers: tuple[str, ...] = GOOD, *, port: int = 0) -> Iterator[str]:
    """An nginx on a free port (or `port`) that passes all on to `app`; its address. No headers: plain `proxy_pass`."""
    program = next(found for place in PLACES if (found := shutil.which(place)))
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    config = folder / "nginx.conf"
    config.write_text(
        CONFIG.format(
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder,
            port=port,
            app=app,
            headers="\n      ".join(headers),
        )
    )
    command = [program, "-c", str(config), "-p", str(folder), "-e", str(folder / "errors")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            waited = threading.Event()
            while not listens(port):
                assert process.poll() is None, (folder / "errors").read_text()
                waited.wait(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def listens(port: int) -> bool:
    """Whether something takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
