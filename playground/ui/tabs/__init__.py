"""One file a tab: what it shows, and what its own events do."""
