"""The playground for OpenAI-compatible chat APIs: what you see is what is sent."""

__version__ = "0.1.0"
