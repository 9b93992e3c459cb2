"""The deadlines of one request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds, for the connection, the first byte, and each further piece."""

    connect_s: float = 10
    first_byte_s: float = 300
    between_chunks_s: float = 120
