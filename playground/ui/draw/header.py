"""The header: a backend's state."""

from html import escape

from playground.backends import BackendState

SHOWN = 80


def draw_state(state: BackendState) -> str:
    """The state in words and, by its class, in shape; a long line is cut, and whole on hover."""
    shape, words = state.phase.shape, state.words
    return f'<span class="state {shape}" role="status" title="{escape(words)}">{escape(words[:SHOWN])}</span>'
