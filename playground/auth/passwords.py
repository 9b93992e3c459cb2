"""Names and passwords of those who may log in, as scrypt hashes (RFC 7914)."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Self

from playground.errors import InvalidSetting

# 16 MiB and some 50 ms for one guess; OWASP's least for scrypt with little memory is n = 2^14, r = 8, p = 5.
COST, BLOCK, PARALLEL = 2**14, 8, 5
MAX_MEMORY_BYTES = 128 * 2**20
SALT_BYTES, HASH_BYTES = 16, 32
MIN_LENGTH = 8
USERS = "PLAYGROUND_USERS"
ADVICE = (
    "Write name:password, several separated by commas, or name:scrypt:… as "
    "`python -m playground hash-password` prints it."
)


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A salted hash; as text `scrypt:16384:8:5:SALT:HASH`, with no character that a shell changes."""

    cost: int
    block: int
    parallel: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, password: str, *, cost: int = COST, parallel: int = PARALLEL) -> Self:
        """Hash a password with a salt of its own."""
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(cost, BLOCK, parallel, salt, _scrypt(password, cost, BLOCK, parallel, salt))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gave.

        Raises:
            ValueError: it is not that, or its cost is beyond what this app spends on a login.
        """
        kind, cost, block, parallel, salt, digest = text.split(":")
        numbers = int(cost), int(block), int(parallel)
        raw = _unarmour(digest)
        if kind != "scrypt" or len(raw) != HASH_BYTES or 128 * numbers[0] * numbers[1] > MAX_MEMORY_BYTES // 2:
            raise ValueError("no hash that can be used")
        read = cls(*numbers, _unarmour(salt), raw)
        read.matches("")  # OpenSSL says whether it takes the numbers
        return read

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return f"scrypt:{self.cost}:{self.block}:{self.parallel}:{_armour(self.salt)}:{_armour(self.digest)}"

    @property
    def costs(self) -> tuple[int, int, int]:
        """What a check takes: scrypt's n, r and p."""
        return self.cost, self.block, self.parallel

    def matches(self, password: str) -> bool:
        """Whether it is that password; takes the same time for a right and a wrong one."""
        found = _scrypt(password, self.cost, self.block, self.parallel, self.salt)
        return hmac.compare_digest(found, self.digest)


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may log in."""

    name: str
    password: PasswordHash
    admin: bool = False


class Users:
    """Those who may log in; at least one."""

    def __init__(self, users: dict[str, User]) -> None:
        self._users = users
        # One hash of each cost, of nobody's password. Hashes may differ in cost (some were made elsewhere), and the
        # time that a check takes must not tell whose it was, or that it was nobody's.
        self._nobodys = {
            user.password.costs: replace(user.password, digest=secrets.token_bytes(HASH_BYTES))
            for user in users.values()
        }

    @classmethod
    def parse(cls, users: str, admins: str = "") -> Self:
        """`PLAYGROUND_USERS` and `PLAYGROUND_ADMINS`.

        Raises:
            InvalidSetting: an entry that cannot be read, or an administrator who is no user.
        """
        leading = {name.strip() for name in admins.split(",") if name.strip()}
        read: dict[str, User] = {}
        for number, entry in enumerate(filter(None, (part.strip() for part in re.split(r"[,\n]", users))), 1):
            name, colon, word = (part.strip() for part in entry.partition(":"))
            if not (name and colon and word):  # the entry itself is not repeated: it may be a password
                raise InvalidSetting(f"{USERS}: entry {number} is not name:password.", advice=ADVICE)
            if name in read:
                raise InvalidSetting(f"{USERS}: {name} is listed twice.", advice=ADVICE)
            read[name] = User(name, _password(name, word), name in leading)
        if unknown := leading - set(read):
            raise InvalidSetting(
                f"PLAYGROUND_ADMINS: {', '.join(sorted(unknown))} is not in {USERS}.",
                advice="Every administrator must also be a user with a password there.",
            )
        if not read:
            raise InvalidSetting(f"{USERS} is empty.", advice=ADVICE)
        return cls(read)

    def __len__(self) -> int:
        return len(self._users)

    def check(self, name: str, password: str) -> User | None:
        """The user of that name, if it is their password; takes the same time for every name, known or not."""
        user = self._users.get(name)
        right = False
        for costs, nobodys in self._nobodys.items():
            if user is not None and user.password.costs == costs:
                right = user.password.matches(password)
            else:
                nobodys.matches(password)
        return user if right else None


def _password(name: str, word: str) -> PasswordHash:
    if word.startswith("scrypt:"):
        try:
            return PasswordHash.parse(word)
        except ValueError:
            raise InvalidSetting(f"{USERS}: the hash of {name} cannot be read.", advice=ADVICE) from None
    if len(word) < MIN_LENGTH:
        raise InvalidSetting(f"{USERS}: the password of {name} is shorter than {MIN_LENGTH} characters.", advice=ADVICE)
    return PasswordHash.of(word)


def _scrypt(password: str, cost: int, block: int, parallel: int, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=MAX_MEMORY_BYTES, dklen=HASH_BYTES
    )


def _armour(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unarmour(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
