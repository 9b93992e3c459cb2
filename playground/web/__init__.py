"""The app as FastAPI serves it."""
