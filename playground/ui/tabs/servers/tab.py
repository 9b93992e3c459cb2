"""What stands in the Servers tab."""

import json

import gradio as gr

from playground.app.context import Context
from playground.app.servers.launch_choices import engine_choices, form_choices, model_choices, recipe_choices
from playground.app.servers.launch_form import FIELDS
from playground.ui.components import Drawn, Listed
from playground.ui.draw.servers import EMPTY
from playground.ui.parts import FOLD, LAST, QUICK, Page
from playground.ui.tabs.servers.handlers import ServerHandlers

LIST = (
    '<p id="servers-said" class="line" role="status" hidden></p><div class="servers" role="group" '
    f'aria-label="Servers">{EMPTY}</div>'
)
# Gradio's own button would stand in the field's label, and take its name.
CLIPBOARD = '<button type="button" class="link" data-act="copy-command">copy to clipboard</button>'
FIRST = {  # the fields in sight: name, label, placeholder
    "port": ("Port", "engine default"),
    "tensor_parallel": ("Tensor parallel", "1"),
    "context_length": ("Context length", "model default"),
    "memory_fraction": ("Memory fraction", "engine default"),
    "tool_parser": ("Tool-call parser", "none: no tool calls"),
    "reasoning_parser": ("Reasoning parser", "none"),
}
MORE = {
    "name": ("Server name", "from the model"),
    "served_name": ("Served model name", "the model's name"),
    "pipeline_parallel": ("Pipeline parallel", "1"),
    "data_parallel": ("Data parallel", "1"),
    "dtype": ("dtype", "auto"),
    "kv_cache_dtype": ("KV cache dtype", "auto"),
    "quantization": ("Quantization", "model default"),
    "revision": ("Revision", "main"),
    "chat_template": ("Chat template file", "model default"),
    "idle_stop_min": ("Stop when idle (min)", "never"),
}
WIDE = {"tool_parser", "reasoning_parser", "chat_template", "name", "served_name"}
LAUNCH = "launch."
FIRST_ENGINE = "llama_cpp"  # it is on every machine that has the app


def build(page: Page, context: Context) -> None:
    """The forms above, the servers below."""
    page.parts["machine"] = Drawn("<p class='line'>Checking this machine…</p>", elem_id="machine")
    with gr.Column(elem_id="servers-pane", elem_classes="pane", min_width=0):
        Drawn(FOLD, elem_classes="fold")
        with gr.Tabs(elem_classes="parts", elem_id="servers-parts"):
            with gr.Tab("Start one", render_children=True):
                _launch(page, context)
            with gr.Tab("Attach", render_children=True):
                _attach(page)
            with gr.Tab("Machines", render_children=True):
                _beyond(page)
            with gr.Tab("Upstream", render_children=True):
                _upstream(page)
    Drawn(LIST, elem_id="servers-list", js_on_load="window.playground.servers(element)")


def _launch(page: Page, context: Context) -> None:
    parts = page.parts
    with gr.Row(elem_classes="fields"):
        parts["recipe"] = gr.Dropdown(
            recipe_choices(context.recipes), value=None, label="Recipe", elem_id="recipe", elem_classes="wide"
        )
        parts[LAUNCH + "engine"] = gr.Dropdown(engine_choices(), value=FIRST_ENGINE, label="Engine", elem_id="engine")
        parts[LAUNCH + "model"] = gr.Dropdown(
            model_choices(context.recipes),
            value=None,
            label="Model to serve",
            allow_custom_value=True,
            elem_id="model-to-serve",
            elem_classes="wider",
        )
        parts["where"] = Listed(
            [], value=None, label="Run with", elem_id="run-with", elem_classes="wide", allow_custom_value=True
        )
        for name, (label, placeholder) in FIRST.items():
            _field(page, name, label, placeholder)
    parts["recipe_said"] = Drawn("", elem_id="recipe-said")
    with gr.Accordion("More", open=False, elem_classes="more"):
        with gr.Row(elem_classes="fields"):
            for name, (label, placeholder) in MORE.items():
                _field(page, name, label, placeholder)
            parts[LAUNCH + "api_key"] = gr.Textbox(
                label="API key for clients",
                type="password",
                max_lines=1,
                placeholder="No key required",
                elem_classes="wide",
            )
            parts[LAUNCH + "trust_remote_code"] = gr.Checkbox(value=False, label="Trust the model's remote code")
        parts[LAUNCH + "extra"] = gr.Textbox(
            label="Extra arguments", lines=1, max_lines=4, placeholder="--max-num-seqs 8", elem_classes="code-field"
        )
        parts[LAUNCH + "env"] = gr.Textbox(
            label="Environment variables, one NAME=value per line", lines=1, max_lines=4, elem_classes="code-field"
        )
    parts["command"] = gr.Textbox(
        label="Command",
        lines=2,
        max_lines=6,
        elem_id="command",
        elem_classes="code-field",
        info="Runs exactly as shown, without a shell. You can edit it; changing the form rewrites it.",
    )
    parts["made"] = gr.Textbox(visible="hidden")  # which prepared launch is shown as the command
    with gr.Row(elem_classes="acts"):
        parts["launch"] = gr.Button("Launch", variant="primary", elem_id="launch", min_width=0)
        parts["fits"] = gr.Button("Will it fit?", size="sm", min_width=0, elem_classes="plain-button")
        Drawn(CLIPBOARD)
        parts["launch_said"] = Drawn("", elem_id="launch-said")
    parts["fit"] = Drawn("", elem_id="fit")


def _field(page: Page, name: str, label: str, placeholder: str) -> None:
    wide = "wide" if name in WIDE else None
    page.parts[LAUNCH + name] = gr.Textbox(
        label=label, placeholder=placeholder, max_lines=1, min_width=0, elem_classes=wide
    )


def _attach(page: Page) -> None:
    with gr.Row(elem_classes="fields"):
        page.parts["attach_url"] = gr.Textbox(
            label="Server URL", placeholder="http://10.0.0.5:30000/v1", max_lines=1, elem_classes="wide"
        )
        page.parts["attach_key"] = gr.Textbox(
            label="API key, if required", type="password", max_lines=1, elem_classes="wide"
        )
        page.parts["attach"] = gr.Button("Attach", size="sm", min_width=0, elem_classes="plain-button")
    page.parts["attach_said"] = Drawn(
        "<p class='line'>The engine is detected (SGLang, vLLM, llama.cpp, …), its load is charted live, and the "
        "server joins the backends. It is never stopped from here.</p>"
    )


def _beyond(page: Page) -> None:
    parts = page.parts
    with gr.Row(elem_classes="fields"):
        parts["form_kind"] = gr.Dropdown(form_choices(), value=None, label="Form", elem_classes="wide")
        parts["addresses"] = gr.Textbox(
            label="Addresses, head machine first", placeholder="10.0.0.1, 10.0.0.2", max_lines=1, elem_classes="wide"
        )
        parts["nodes"] = gr.Textbox(label="Machines per replica", placeholder="all", max_lines=1, min_width=0)
        parts["write_form"] = gr.Button("Generate", size="sm", min_width=0, elem_classes="plain-button")
    parts["run_form"] = gr.Button("Run the tool", size="sm", min_width=0, visible=False, elem_classes="plain-button")
    parts["ran"] = Drawn("")
    parts["written"] = Drawn(
        "<p class='line'>Uses the engine, model and options set under “Start one”, for several machines: a command "
        "for each, or the file that a cluster needs.</p>",
        elem_id="written",
    )


def _upstream(page: Page) -> None:
    parts = page.parts
    with gr.Row(elem_classes="fields"):
        parts["upstream_url"] = gr.Textbox(
            label="Public URL", placeholder="https://llm.example.org/v1", max_lines=1, elem_classes="wide"
        )
        parts["upstream_model"] = gr.Textbox(label="Upstream model", placeholder="the first one listed", max_lines=1)
        parts["upstream_key"] = gr.Textbox(label="API key to send", type="password", max_lines=1)
        parts["check_upstream"] = gr.Button("Check endpoint", size="sm", min_width=0, elem_classes="plain-button")
    parts["upstream_said"] = Drawn("", elem_id="upstream-said")


def launch_fields(page: Page) -> list[gr.components.Component]:
    """The launch form's components, in the order of `FIELDS`."""
    return [page.parts[LAUNCH + name] for name in FIELDS]


def connect(page: Page, blocks: gr.Blocks, context: Context) -> None:
    """Recipe, command, fit, launch, attach, forms, upstream, and the way into the switcher."""
    parts, fields, handlers = page.parts, launch_fields(page), ServerHandlers(context)
    chosen = [parts["where"], *fields]
    shown = [parts["command"], parts["made"], parts["launch_said"]]
    blocks.load(handlers.open, None, [parts["machine"], parts["upstream_said"]], **QUICK)
    gr.on(
        [blocks.load, parts[LAUNCH + "engine"].change],
        handlers.installations,
        parts[LAUNCH + "engine"],
        parts["where"],
        **LAST,
    )
    gr.on(
        [component.change for component in chosen],
        handlers.preview,
        [parts["made"], *chosen],
        shown,
        **LAST,
    )
    parts["recipe"].input(handlers.use_recipe, parts["recipe"], [*fields, parts["recipe_said"]], **LAST)
    seen = "() => document.querySelector('#fit').scrollIntoView({block: 'nearest'})"
    parts["fits"].click(handlers.fit, chosen, parts["fit"], **QUICK).then(None, js=seen)
    parts["launch"].click(handlers.launch, [parts["command"], parts["made"], *chosen], shown, **QUICK)
    parts["attach"].click(
        handlers.attach,
        [parts["attach_url"], parts["attach_key"]],
        [parts["attach_said"], parts["attach_url"], parts["attach_key"]],
        **QUICK,
    )
    parts["write_form"].click(
        handlers.write_form,
        [parts["form_kind"], parts["addresses"], parts["nodes"], *chosen],
        [parts["written"], parts["run_form"], parts["ran"]],
        **QUICK,
    )
    parts["run_form"].click(
        handlers.run_form, [parts["form_kind"], parts["addresses"], parts["nodes"], *chosen], parts["ran"], **QUICK
    )
    checked = [parts["upstream_url"], parts["upstream_model"], parts["upstream_key"]]
    parts["check_upstream"].click(handlers.check_upstream, checked, parts["upstream_said"], **QUICK)
    parts["use_server"].click(handlers.use, parts["served"], page.form["backend"], **LAST)
    parts["looked"].change(None, None, parts["again"], js=f"() => {json.dumps('servers ')} + Date.now()")
