"""A whole loop with tools as one script that sends the same requests again, byte for byte and in order.

The results of the tools are those that were recorded: they stand in the requests, and no tool runs.
"""

import json
from collections.abc import Callable, Sequence

from playground.errors import InvalidInput
from playground.snippets.curl import render_curl
from playground.snippets.python import auth_argument, authorization_line, body_literal
from playground.wire.prepared import PreparedRequest

TEMPLATE = """\
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


def render_loop(requests: Sequence[PreparedRequest], language: str = "curl") -> str:
    """The script, without a newline at its end.

    Args:
        requests: of one loop: at least one, all to the same place.
        language: `curl` (bash, dash and other POSIX shells) or `python` (with httpx).

    Raises:
        InvalidInput: another language, or requests that are not of one loop.
    """
    if language not in LANGUAGES:
        raise InvalidInput(f"There is no script in {language!r}.", advice=f"Use {', '.join(LANGUAGES)}.")
    if not requests or len({(r.method, r.url, r.key_name, r.auth, r.headers) for r in requests}) != 1:
        raise InvalidInput("A script is made of the requests of one loop.", advice="Run the loop first.")
    return LANGUAGES[language](requests)


def _curl(requests: Sequence[PreparedRequest]) -> str:
    parts = [f"# {_about(requests)}"]
    for number, request in enumerate(requests, 1):
        parts.append(f"# {number} of {len(requests)}\n{render_curl(request)}\necho")
    return "\n\n".join(parts)


def _python(requests: Sequence[PreparedRequest]) -> str:
    first = requests[0]
    headers = authorization_line(first)
    headers += [f"    {json.dumps(name)}: {json.dumps(value)}," for name, value in first.headers]
    return TEMPLATE.format(
        imports="import os\n" if first.key_name else "",
        about=_about(requests),
        bodies="\n".join(f"    (\n{body_literal(request.body, ' ' * 8)}\n    )," for request in requests),
        headers="\n".join(headers),
        method=json.dumps(first.method),
        url=json.dumps(first.url),
        auth=auth_argument(first),
    ).lstrip()


def _about(requests: Sequence[PreparedRequest]) -> str:
    return (
        f"The requests of a loop with tools, {len(requests)} in all; the results in them are those that were recorded."
    )


LANGUAGES: dict[str, Callable[[Sequence[PreparedRequest]], str]] = {"curl": _curl, "python": _python}
