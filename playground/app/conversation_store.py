"""Whose conversation is whose, and how much of them is kept.

A conversation belongs to an owner (`Access.owner`): a user, or where there is no login a visitor's browser session.
Its id is the browser tab's; with the same id, another owner has another conversation. What one owner has too much
goes from that owner's own: nobody pushes out another's work.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from playground.app.conversations import Conversation
from playground.errors import NoRoom, UnknownVisitor

MIB = 2**20
ID_LENGTH = (16, 64)
MAX_OF_ONE, MAX_BYTES_OF_ONE = 100, 256 * MIB  # of one owner: browser tabs, and all that they hold
MAX_OF_ALL, MAX_BYTES_OF_ALL = 2000, 2048 * MIB
IDLE_S = 600.0  # not used for so long, a conversation may go for another owner's

Key = tuple[str, str]


@dataclass(slots=True)
class _Kept:
    conversation: Conversation
    used_at: float
    bytes_held: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many conversations, and how many bytes in them, one owner and all together may have."""

    of_one: int = MAX_OF_ONE
    bytes_of_one: int = MAX_BYTES_OF_ONE
    of_all: int = MAX_OF_ALL
    bytes_of_all: int = MAX_BYTES_OF_ALL


@dataclass(slots=True, eq=False)
class Conversations:
    """The conversations of all owners. Safe to ask from any thread.

    Args:
        bounds: how much is kept.
        clock: monotonic seconds.
    """

    bounds: Bounds = field(default_factory=Bounds)
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[Key, _Kept] = field(default_factory=OrderedDict, repr=False)
    _bytes: int = field(default=0, repr=False)  # of all of them
    _used: dict[str, Key] = field(default_factory=dict, repr=False)  # by owner: the one used last
    # Those that went: as long as someone still works on one, such as an exchange under way, it is found again.
    _gone: "WeakValueDictionary[Key, Conversation]" = field(default_factory=WeakValueDictionary, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def get(self, conversation_id: str, owner: str | None) -> Conversation:
        """That owner's conversation of that id; an empty one where there is none yet.

        It is not kept for nobody (`owner` None), with an id too short to be a tab's, and where there is no room.
        """
        if owner is None or not _is_id(conversation_id):
            return Conversation()
        with self._lock:
            key = owner, conversation_id
            found = self._use(key)
            self._shed_own(owner, key)
            if self._shed_others(key):
                return found.conversation
            if found.conversation.is_empty:
                self._let_go(key)
            return found.conversation

    def claim(self, conversation_id: str, owner: str | None) -> Conversation:
        """That conversation, for something that is to be added to it.

        Raises:
            UnknownVisitor: it is nobody's.
            NoRoom: this owner, or all together, have too much already.
        """
        if not _is_id(conversation_id):
            return Conversation()  # a program's: nothing is to be kept
        if owner is None:
            raise UnknownVisitor(
                "This page's session is unknown: the app was restarted, or the browser does not send cookies.",
                advice="Reload the page.",
            )
        with self._lock:
            key = owner, conversation_id
            found = self._use(key)
            self._shed_own(owner, key)
            if found.bytes_held > self.bounds.bytes_of_one:
                found.conversation.before = found.conversation.built = None
                self._weigh(found)
            if found.bytes_held > self.bounds.bytes_of_one:
                raise NoRoom(
                    f"This conversation holds {found.bytes_held // MIB} MiB; the limit for one person is "
                    f"{self.bounds.bytes_of_one // MIB} MiB.",
                    advice="Clear it, or reload the page in a new tab.",
                )
            if not self._shed_others(key):
                raise NoRoom(
                    "The playground has reached its limit of conversations, and all of them are in use.",
                    advice="Try again in a few minutes.",
                )
            return found.conversation

    def note(self, conversation: Conversation, conversation_id: str, owner: str | None) -> None:
        """Something was added to a conversation that was claimed: it is weighed anew, and what is too much goes."""
        if owner is None or not _is_id(conversation_id):
            return
        with self._lock:
            key = owner, conversation_id
            kept = self._kept.get(key)
            if kept is not None and kept.conversation is conversation:
                self._weigh(kept)
                self._shed_own(owner, key)
                self._shed_others(key)

    def _use(self, key: Key) -> _Kept:
        before = self._kept.get(self._used.get(key[0], key))
        if before is not None:  # whoever used it may have added to it since
            self._weigh(before)
        self._used[key[0]] = key
        found = self._kept.get(key)
        if found is None:
            gone = self._gone.get(key)
            found = self._kept[key] = _Kept(Conversation() if gone is None else gone, 0)
        found.used_at = self.clock()
        self._weigh(found)
        self._kept.move_to_end(key)
        return found

    def _weigh(self, kept: _Kept) -> None:
        before, kept.bytes_held = kept.bytes_held, kept.conversation.weigh()
        self._bytes += kept.bytes_held - before

    def _shed_own(self, owner: str, key: Key) -> None:
        """Let this owner's own go, empty ones first, then the oldest, until the bounds hold or `key` alone is left."""
        own = [(k, kept) for k, kept in self._kept.items() if k[0] == owner]
        count, total = len(own), sum(kept.bytes_held for _, kept in own)
        others = sorted((pair for pair in own if pair[0] != key), key=lambda pair: not pair[1].conversation.is_empty)
        for other, kept in others:
            if count <= self.bounds.of_one and total <= self.bounds.bytes_of_one:
                return
            self._let_go(other)
            count, total = count - 1, total - kept.bytes_held

    def _shed_others(self, key: Key) -> bool:
        """Let empty ones go, then idle ones, until there is room for all; whether there is room for `key`."""
        candidates: Iterator[Key] | None = None
        while self._is_full():
            candidates = candidates or iter(self._candidates(key))
            other = next(candidates, None)
            if other is None:
                return self._has_share(key)
            self._let_go(other)
        return True

    def _is_full(self) -> bool:
        return len(self._kept) > self.bounds.of_all or self._bytes > self.bounds.bytes_of_all

    def _candidates(self, key: Key) -> list[Key]:
        others = [(k, kept) for k, kept in self._kept.items() if k != key]
        empty = [k for k, kept in others if kept.conversation.is_empty]
        idle_from = self.clock() - IDLE_S
        return [*empty, *(k for k, kept in others if not kept.conversation.is_empty and kept.used_at <= idle_from)]

    def _has_share(self, key: Key) -> bool:
        """With no room left: whether this one may go on. A new one may not; of the others, who holds the least may."""
        if self._kept[key].conversation.is_empty and len(self._kept) > self.bounds.of_all:
            return False
        owners = {owner for owner, _ in self._kept}
        own = sum(kept.bytes_held for (owner, _), kept in self._kept.items() if owner == key[0])
        return own <= self.bounds.bytes_of_all // len(owners)

    def _let_go(self, key: Key) -> None:
        gone = self._kept.pop(key)
        if self._used.get(key[0]) == key:
            del self._used[key[0]]
        self._bytes -= gone.bytes_held
        self._gone[key] = gone.conversation


def _is_id(conversation_id: str) -> bool:
    return ID_LENGTH[0] <= len(conversation_id) <= ID_LENGTH[1]
