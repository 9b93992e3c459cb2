"""Who asks."""

import gradio as gr

from playground.auth.visitors import COOKIE


def visitor(request: gr.Request) -> str | None:
    """The visitor's id from the cookie."""
    found = request.cookies.get(COOKIE)
    return str(found) if found else None
