"""One file an engine: its command, its log, what it can do."""
