"""Servers that the app starts itself: the embedded model, and what other engines need."""
