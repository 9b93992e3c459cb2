"""Which script answers which request."""

from collections import deque
from collections.abc import Callable

from tests.upstream import scripts
from tests.upstream.behaviour import behave
from tests.upstream.record import Recorded
from tests.upstream.steps import Script

CHAT_PATH = "/v1/chat/completions"

Answer = Script | Callable[[Recorded], Script]


class Routes:
    """In this order: the key (401), `on` a path, the queue of chat scripts, the default, good behaviour."""

    def __init__(self, *, key: str | None = None) -> None:
        self._key = key
        self._paths: dict[str, Answer] = {}
        self._queue: deque[Answer] = deque()
        self._default: Answer | None = None

    def enqueue(self, *answers: Answer) -> None:
        """The answers to the next chat requests, one each."""
        self._queue.extend(answers)

    def default(self, answer: Answer | None) -> None:
        """The answer to chat requests once the queue is empty; None: good behaviour again."""
        self._default = answer

    def on(self, path: str, answer: Answer) -> None:
        """The answer to every request for that path (without its query)."""
        self._paths[path] = answer

    def respond(self, request: Recorded) -> Script:
        """The script for that request."""
        if self._key is not None and request.path.startswith("/v1") and not self._has_key(request):
            return scripts.unauthorized()
        answer = self._answer(request)
        return answer(request) if callable(answer) else answer

    def _has_key(self, request: Recorded) -> bool:
        return request.header("authorization") == f"Bearer {self._key}"

    def _answer(self, request: Recorded) -> Answer:
        if request.path in self._paths:
            return self._paths[request.path]
        if request.path == CHAT_PATH and request.method == "POST":
            if self._queue:
                return self._queue.popleft()
            if self._default is not None:
                return self._default
        return behave
