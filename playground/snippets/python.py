"""A request as a Python script that needs httpx alone and sends the very same bytes."""

import json

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


def render_python(request: PreparedRequest) -> str:
    """The script: it prints the answer's body as it comes, streamed or not, and fails on an error status.

    Each line of the body is a literal of its own, as `repr` writes it, so that no text can end it early.
    """
    headers = authorization_line(request)
    headers += [f"    {_text(name)}: {_text(value)}," for name, value in request.headers]
    return TEMPLATE.format(
        imports="import os\n" if request.key_name else "",
        body=body_literal(request.body),
        headers="\n".join(headers),
        method=_text(request.method),
        url=_text(request.url),
        auth=auth_argument(request),
    ).lstrip()


def authorization_line(request: PreparedRequest) -> list[str]:
    """The line of the headers with the token, read from the environment; none for a login."""
    if not request.key_name or request.auth is Auth.BASIC:
        return []
    return [f'    "Authorization": f"Bearer {{os.environ[\'{request.key_name}\']}}",']


def auth_argument(request: PreparedRequest) -> str:
    """The argument of httpx with the login, read from the environment; "" for a token."""
    if not request.key_name or request.auth is Auth.BEARER:
        return ""
    return f', auth=os.environ[{_text(request.key_name)}].partition(":")[::2]'


def body_literal(body: bytes, indent: str = "    ") -> str:
    """The text of a body as adjoining literals, one a line."""
    return "\n".join(f"{indent}{line!r}" for line in _lines(body.decode()))


def _lines(text: str) -> list[str]:
    """With their ends; split at newlines alone, where `splitlines` would split at U+2028 too."""
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), last]


def _text(value: str) -> str:
    """A literal in double quotes: JSON's escapes are Python's too."""
    return json.dumps(value)
