"""The protocol, pure: requests, bytes, events, exchanges. No I/O, no clock, no environment."""
