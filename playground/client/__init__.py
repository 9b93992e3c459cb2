"""The only place that speaks HTTP to a backend: a `PreparedRequest` in, events out."""

from playground.client.client import OWN_HEADERS, Client
from playground.client.timeouts import Timeouts

__all__ = ["OWN_HEADERS", "Client", "Timeouts"]
