"""`/?token=…`: the address that the app prints at its start, which makes whoever opens it an administrator.

Any program and any user of the machine can ask 127.0.0.1; only who sees the terminal has the token, as with Jupyter.
"""

from urllib.parse import parse_qs

from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from playground.auth.access import Access
from playground.auth.cookies import build_cookie, cookie_of
from playground.auth.failures import Failures
from playground.auth.visitors import Visitors
from playground.web.guard.plain_page import draw_page
from playground.web.guard.scope import path_of

QUERY = "token"
WRONG = (
    "The token in this address is not that of the app that is running now. Copy the whole address from the terminal "
    "where the app was started: it prints a new one at each start, and it ends in ?token=… and 32 characters."
)


class TokenEntrance:
    """Lets in whoever has the token.

    Wrong ones are counted, as failed logins are, where a person chose the token: one of the app's own making cannot be
    guessed, and any process of the machine could lock its owner out by ten wrong ones.
    """

    def __init__(self, access: Access, visitors: Visitors, failures: Failures | None = None) -> None:
        self._access = access
        self._visitors = visitors
        self._failures = failures or Failures()

    def answer(self, scope: Scope) -> Response | None:
        """What is answered to a request with a token in its query; None for any other."""
        if self._access.token is None or scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return None
        query = scope.get("query_string", b"").decode("latin-1")
        if path_of(scope) != "/" or f"{QUERY}=" not in query:
            return None
        address = str((scope.get("client") or ("",))[0])
        counts = self._access.token_is_set
        if counts and (wait_s := self._failures.wait_s(address)):
            minutes = int(wait_s // 60) + 1
            answer = draw_page(429, "Too many wrong tokens", f"Try again in {minutes} min.")
            answer.headers["retry-after"] = str(int(wait_s) + 1)
            return answer
        token = self._access.begin(parse_qs(query, max_num_fields=None).get(QUERY, [""])[0])
        if token is None:
            if counts:
                self._failures.add(address)
            return _bare(draw_page(403, "This address does not open the app", WRONG))
        before = cookie_of(scope)
        self._visitors.forget(before)
        self._access.sessions.end(before)
        answer = RedirectResponse(scope.get("root_path", "") + "/", 303)
        cookie = build_cookie(token, secure=scope["scheme"] == "https", framed=self._access.framed)
        answer.headers.append("set-cookie", cookie)
        return _bare(answer)


def _bare(answer: Response) -> Response:
    """The token stays nowhere: in no cache, and in no `Referer`."""
    answer.headers["cache-control"] = "no-store"
    answer.headers["referrer-policy"] = "no-referrer"
    return answer
