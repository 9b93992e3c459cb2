"""The command line, for scripts and for checking: one file a command. `serve` alone imports Gradio."""

from playground.cli.program import build_parser, main

__all__ = ["build_parser", "main"]
