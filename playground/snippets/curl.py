r"""A request as a curl command for bash, dash and every other POSIX shell, laid out as on TheRouter's pages.

Quoting is POSIX's (Shell Command Language, 2.2): nothing is special between single quotes but their end, so
`'` is written `'\''`. Only the `Authorization` header stands in double quotes, so that `$NAME` expands; a login goes
by `-u`, for curl to encode.
"""

import shlex
from collections.abc import Sequence

from playground.snippets.language import Language, about_replay
from playground.wire.prepared import Auth, PreparedRequest

MAX_ARGUMENT_BYTES = 128 * 2**10 - 1024  # Linux's MAX_ARG_STRLEN, with room for a terminal's own additions
PLAIN_IN_DOUBLE_QUOTES = frozenset('$`"\\!')


def render_curl(request: PreparedRequest) -> str:
    """The command. A body too long for one argument goes to curl through standard input, byte for byte.

    `printf` is a builtin of the shells, so the limit on arguments does not hold for it.
    """
    body = _quote(request.body.decode())
    lines = [f"curl {shlex.quote(request.url)}"]
    lines += [_header(name, value, request) for name, value in request.shown_headers()]
    if len(request.body) <= MAX_ARGUMENT_BYTES:
        return " \\\n  ".join([*lines, f"-d {body}"])
    return f"printf '%s' {body} | " + " \\\n  ".join([*lines, "--data-binary @-"])


def _header(name: str, value: str, request: PreparedRequest) -> str:
    text = f"{name}: {value}"
    if name == "Authorization" and value == f"{request.auth} ${request.key_name}":
        return f'-u "${request.key_name}"' if request.auth is Auth.BASIC else f'-H "{text}"'
    return f"-H {_quote(text)}" if PLAIN_IN_DOUBLE_QUOTES & set(text) else f'-H "{text}"'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def replay_curl(requests: Sequence[PreparedRequest]) -> str:
    """A loop's commands, one after the other; a newline after each answer."""
    parts = [f"# {about_replay(requests)}"]
    for number, request in enumerate(requests, 1):
        parts.append(f"# {number} of {len(requests)}\n{render_curl(request)}\necho")
    return "\n\n".join(parts)


LANGUAGE = Language("curl", "curl", render_curl, lexer="curl", replay=replay_curl)
