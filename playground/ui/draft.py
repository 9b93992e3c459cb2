"""What is typed outlives a reload, and an app that was started again: the browser tab keeps it, all but the key."""

import json

import gradio as gr

from playground.ui.parts import Page


def connect_draft(page: Page, blocks: gr.Blocks) -> None:
    """Put the form back before anything else is looked at, and with what was cleared; `changes.py` has it kept."""
    kept = {name: one for name, one in page.form.items() if name != "conversation"} | {"models": page.parts["models"]}
    components = list(kept.values())
    texts = {name: _id_of(one) for name, one in kept.items() if isinstance(one, gr.Textbox)}
    names = json.dumps(list(kept))
    restore = f"(...values) => window.playground.restore({names}, values, {json.dumps(texts)})"
    blocks.load(None, components, [*components, page.parts["tabs"]], js=restore)
    before = f"() => window.playground.before({names})"
    page.parts["bring_back"].click(None, None, [*components, page.parts["tabs"]], js=before)


def _id_of(component: gr.components.Component) -> str:
    """Its element's, as Gradio gives it."""
    return component.elem_id or f"component-{component._id}"  # noqa: SLF001 - it has no public name
