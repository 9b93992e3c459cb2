"""The embedded model's own process: llama.cpp's server, with a front that adds tool calls."""
