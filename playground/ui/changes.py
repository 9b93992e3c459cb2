"""Each change of the form goes to the page's scripts, which keep its values: for the snippet, and for the draft.

One event a component, with that component alone: Gradio looks through the whole page for each input of an event. With
all the form's components as inputs, a keystroke took the browser longer than all else together (ADR 21).
"""

import json

import gradio as gr

from playground.ui.parts import Page

WANTED = ("language", "replay")  # beside the form: what is wanted of it
ASK_AGAIN = ("again", "ended", "talk")  # what else a snippet depends on has changed


def connect_changes(page: Page, blocks: gr.Blocks) -> None:
    """All values once, when the page is loaded; then each as it changes."""
    parts = page.parts
    components = page.form | {name: parts[name] for name in WANTED}
    names = json.dumps(list(components))
    blocks.load(
        None,
        list(components.values()),
        None,
        js=f"(...values) => {{ window.playground.begin({names}, values); return []; }}",
    )
    for name, component in components.items():
        changed = f"value => {{ window.playground.changed({json.dumps(name)}, value); return []; }}"
        component.change(None, component, None, js=changed)
    kept = "value => { window.playground.keep('models', value); return []; }"
    parts["models"].change(None, parts["models"], None, js=kept)
    again = "() => { window.playground.follow(); return []; }"
    gr.on([parts[name].change for name in ASK_AGAIN], None, None, None, js=again)
