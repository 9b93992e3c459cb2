"""Of answers that overlap, the one that was asked for last counts.

Gradio sends a request for each change, several at a time where they do not queue; an older one may be answered last.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Latest:
    """Which call of a page began last."""

    def __init__(self) -> None:
        self._last: dict[str, object] = {}

    @contextmanager
    def call(self, page: str | None, *, gives_way: bool = False) -> Iterator[Callable[[], bool]]:
        """While a call of `page` (Gradio's session hash) runs: whether none has begun after it.

        One that gives way does not count beside one that runs already.
        """
        name, mine = page or "", object()
        if not (gives_way and name in self._last):
            self._last[name] = mine
        try:
            yield lambda: self._last.get(name) is mine
        finally:
            if self._last.get(name) is mine:
                del self._last[name]
