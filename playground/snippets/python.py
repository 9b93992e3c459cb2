"""A request as a Python script that needs httpx alone and sends the very same bytes."""

import json
from collections.abc import Sequence

from playground.snippets.language import Language, about_replay
from playground.wire.prepared import Auth, PreparedRequest

TEMPLATE = """\
{imports}
import httpx

body = (
{body}
).encode()

headers = {{
{headers}
}}

with httpx.stream({method}, {url}, headers=headers, content=body{auth}, timeout=300) as response:
    for text in response.iter_text():
        print(text, end="", flush=True)
response.raise_for_status()"""
REPLAY = """\
{imports}
import httpx

# {about}
bodies = [
{bodies}
]

headers = {{
{headers}
}}

with httpx.Client(timeout=300{auth}) as client:
    for body in bodies:
        with client.stream({method}, {url}, headers=headers, content=body.encode()) as response:
            for text in response.iter_text():
                print(text, end="", flush=True)
        print()
        response.raise_for_status()"""


def render_python(request: PreparedRequest) -> str:
    """The script: it prints the answer's body as it comes, streamed or not, and fails on an error status.

    Each line of the body is a literal of its own, as `repr` writes it, so that no text can end it early.
    """
    return TEMPLATE.format(body=_body(request.body), **_common(request)).lstrip()


def replay_python(requests: Sequence[PreparedRequest]) -> str:
    """A loop's requests in one script, which stops at the first error status."""
    bodies = "\n".join(f"    (\n{_body(request.body, ' ' * 8)}\n    )," for request in requests)
    return REPLAY.format(about=about_replay(requests), bodies=bodies, **_common(requests[0])).lstrip()


def _common(request: PreparedRequest) -> dict[str, str]:
    """What both scripts hold beside the body."""
    headers = _authorization_line(request)
    headers += [f"    {_text(name)}: {_text(value)}," for name, value in request.headers]
    return {
        "imports": "import os\n" if request.key_name else "",
        "headers": "\n".join(headers),
        "method": _text(request.method),
        "url": _text(request.url),
        "auth": _auth_argument(request),
    }


def _authorization_line(request: PreparedRequest) -> list[str]:
    """The line of the headers with the token, read from the environment; none for a login."""
    if not request.key_name or request.auth is Auth.BASIC:
        return []
    return [f'    "Authorization": f"Bearer {{os.environ[\'{request.key_name}\']}}",']


def _auth_argument(request: PreparedRequest) -> str:
    """The argument of httpx with the login, read from the environment; "" for a token."""
    if not request.key_name or request.auth is Auth.BEARER:
        return ""
    return f', auth=os.environ[{_text(request.key_name)}].partition(":")[::2]'


def _body(body: bytes, indent: str = "    ") -> str:
    """The text of a body as adjoining literals, one a line."""
    return "\n".join(f"{indent}{line!r}" for line in _lines(body.decode()))


def _lines(text: str) -> list[str]:
    """With their ends; split at newlines alone, where `splitlines` would split at U+2028 too."""
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), last]


def _text(value: str) -> str:
    """A literal in double quotes: JSON's escapes are Python's too."""
    return json.dumps(value)


LANGUAGE = Language("python", "Python", render_python, lexer="python", replay=replay_python)
