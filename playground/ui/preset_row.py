"""The row of presets at the top of a tab: each one click away."""

import gradio as gr

from playground.app.context import Context
from playground.app.form.parameters import PARAMETERS
from playground.ui.components import Drawn
from playground.ui.handlers.presets import FILLED, PresetHandlers
from playground.ui.parts import QUICK, SETTLED, Page


def build_presets(page: Page, context: Context) -> None:
    """A button for each preset; its line of words is its title on hover."""
    with gr.Row(elem_classes="presets"):
        Drawn("Presets", elem_classes="lead")
        for preset in context.presets:
            page.presets.append((gr.Button(preset.title, size="sm", min_width=0), preset))


def connect_presets(page: Page, handlers: PresetHandlers) -> None:
    """A press fills the form; and the form as a file of the same kind."""
    form, parts = page.form, page.parts
    saved = parts["save"].click(handlers.save, page.inputs(), parts["saved"], **QUICK)
    saved.success(None, parts["saved"], None, js="text => window.playground.download('my-preset.yaml', text)")
    params = [form[f"param.{parameter.name}"] for parameter in PARAMETERS]
    filled = [form[name] for name in FILLED]
    for button, preset in page.presets:
        button.click(
            handlers.loader(preset),
            [form["conversation"], form["backend"], form["model"], form["message"]],
            [page.parts["tabs"], *filled, *params, *page.panels()],
            js=SETTLED,
            **QUICK,
        )
