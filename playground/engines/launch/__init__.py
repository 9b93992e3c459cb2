"""Servers that this app launches: their ports, logs, records on disk, and the supervisor that starts and ends them."""
