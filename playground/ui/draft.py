"""What is typed outlives a reload, and an app that was started again: the browser tab keeps it, all but the key."""

import json

import gradio as gr

from playground.ui.parts import FORM, Page

NAMES = (*(name for name in FORM if name != "conversation"), "models")


def connect_draft(page: Page, blocks: gr.Blocks) -> None:
    """Put the form back before anything else is looked at, and with what was cleared; `changes.py` has it kept."""
    components = [page.parts["models"] if name == "models" else page.form[name] for name in NAMES]
    texts = {name: _id_of(one) for name, one in zip(NAMES, components, strict=True) if isinstance(one, gr.Textbox)}
    names = json.dumps(NAMES)
    restore = f"(...values) => window.playground.restore({names}, values, {json.dumps(texts)})"
    blocks.load(None, components, [*components, page.parts["tabs"]], js=restore)
    before = f"() => window.playground.before({names})"
    page.parts["bring_back"].click(None, None, [*components, page.parts["tabs"]], js=before)


def _id_of(component: gr.components.Component) -> str:
    """Its element's, as Gradio gives it."""
    return component.elem_id or f"component-{component._id}"  # noqa: SLF001 - it has no public name
