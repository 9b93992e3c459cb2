"""The page: components and their places. What the events do is in `handlers`."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import gradio as gr

from playground.server.context import Context
from playground.server.form import Form
from playground.server.parameters import PARAMETERS
from playground.ui.components import Drawn, Snippet, StreamView, Talk
from playground.ui.draw.stream import draw_stream
from playground.ui.draw.turns import EMPTY
from playground.ui.draw.wire import draw_events, draw_request, draw_response, draw_timing
from playground.ui.handlers import FORM, Handlers

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SEPARATOR = (
    '<div role="separator" tabindex="0" aria-orientation="vertical" aria-label="Width of the work pane" '
    'aria-valuemin="35" aria-valuemax="70" aria-valuenow="56"></div>'
)
SEND = f"async (...values) => await window.playground.send(window.playground.form({json.dumps(FORM)}, values))"


@dataclass
class Page:
    """The page's components by name, as the events need them."""

    form: dict[str, Any] = field(default_factory=dict)
    panels: list[Any] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)

    def inputs(self) -> list[Any]:
        """The form's components, in the order of `FORM`."""
        return [self.form[name] for name in FORM]


def build_page(context: Context) -> gr.Blocks:
    """The whole page."""
    page, handlers = Page(), Handlers(context)
    blocks: gr.Blocks
    with gr.Blocks(title="Playground", fill_width=True, fill_height=True) as blocks:
        _hidden(page)
        _header(page, context)
        with gr.Row(elem_id="panes", equal_height=False):
            with gr.Column(elem_id="work", min_width=0):
                _tabs(page, context)
                _composer(page)
            Drawn(SEPARATOR, js_on_load="window.playground.divider(element)", elem_id="divider", min_width=0)
            with gr.Column(elem_id="wire", min_width=0):
                _wire(page)
        _order_panels(page)
        _connect(blocks, page, handlers)
    return blocks


def _hidden(page: Page) -> None:
    page.form["conversation"] = gr.Textbox(visible="hidden", elem_id="conversation")
    page.form["tab"] = gr.Textbox("chat", visible="hidden")
    page.parts["ended"] = gr.Textbox(visible="hidden")
    page.parts["again"] = gr.Textbox(visible="hidden")
    page.parts["turn"] = gr.Textbox(visible="hidden", elem_id="turn")
    page.parts["retry"] = gr.Button(visible="hidden", elem_id="retry")
    page.parts["models"] = gr.State({})
    page.parts["timer"] = gr.Timer(1)


def _header(page: Page, context: Context) -> None:
    form = Form(backend=first_backend(context))
    chosen = context.backend(form)
    titles = [(backend.title, backend.name) for backend in context.backends(form)]
    with gr.Row(elem_id="top"):
        Drawn("<h1><i aria-hidden='true'>◇</i>Playground</h1>", elem_id="brand")
        page.form["backend"] = gr.Dropdown(
            titles, value=chosen.name, label="Backend", elem_id="backend", elem_classes="pick", scale=0, min_width=0
        )
        page.parts["state"] = Drawn("<span class='state' role='status'>looking</span>", elem_id="state")
        page.form["model"] = gr.Dropdown(
            [chosen.default_model] if chosen.default_model else [],
            value=chosen.default_model or None,
            label="Model",
            elem_id="model",
            elem_classes="pick",
            scale=0,
            min_width=0,
            allow_custom_value=True,
        )
        page.parts["facts"] = Drawn("", elem_id="facts")
        page.parts["drawer"] = gr.Button("Request", elem_id="drawer", size="sm", min_width=0)
    with gr.Row(elem_id="connection", visible=chosen.name != "embedded") as connection:
        page.form["custom_url"] = gr.Textbox(
            context.settings.custom_base_url, label="Base URL", max_lines=1, visible=chosen.name == "custom"
        )
        gr.Textbox(
            label="API key", type="password", elem_id="api-key", max_lines=1, placeholder="kept for this session"
        )
        page.parts["use_key"] = gr.Button("Use key", size="sm", min_width=0, elem_id="use-key")
        Drawn(
            "A key goes to this app's memory for your browser session alone, and is named, never shown.",
            elem_classes="hint",
        )
    page.parts["connection"] = connection


def _tabs(page: Page, context: Context) -> None:
    page.parts["presets"] = []
    with gr.Tabs(elem_id="modes") as tabs:
        with gr.Tab("Chat", id="chat", render_children=True) as chat:
            _presets(page, context)
            page.parts["talk"] = Talk(EMPTY, elem_id="talk")
        with gr.Tab("Streaming", id="streaming", render_children=True) as streaming:
            _presets(page, context)
            page.parts["stream_view"] = StreamView(draw_stream(None), elem_id="stream")
    page.parts |= {"tabs": tabs, "chat": chat, "streaming": streaming}


def _presets(page: Page, context: Context) -> None:
    with gr.Row(elem_classes="presets"):
        Drawn("Presets", elem_classes="lead")
        for preset in context.presets:
            page.parts["presets"].append((gr.Button(preset.title, size="sm", min_width=0), preset))


def _composer(page: Page) -> None:
    with gr.Column(elem_id="compose", scale=0):
        with gr.Row(elem_id="box"):
            page.form["message"] = gr.Textbox(
                label="Message",
                show_label=False,
                container=False,
                lines=2,
                max_lines=8,
                elem_id="message",
                placeholder="Ask something. ⌘↵ sends, Esc stops.",
            )
            page.parts["stop"] = gr.Button("Stop", elem_id="stop", min_width=0)
            page.parts["send"] = gr.Button("Send", variant="primary", elem_id="send", min_width=0)
        with gr.Row(elem_id="tools-row"):
            page.parts["sent"] = Drawn("", elem_id="sent")
            page.parts["attached"] = Drawn("", elem_id="attached")
            page.parts["images"] = gr.UploadButton(
                "attach images", file_types=["image"], file_count="multiple", size="sm", min_width=0
            )
            page.parts["undo"] = gr.Button("undo", size="sm", min_width=0)
            page.parts["clear"] = gr.Button("Clear", size="sm", min_width=0, elem_id="clear")
        with gr.Accordion("System prompt", open=False, elem_classes="fold"):
            page.form["system"] = gr.Textbox(
                label="System prompt", lines=2, max_lines=8, elem_id="system", placeholder="not sent"
            )
        with gr.Accordion("Parameters", open=False, elem_classes="fold"):
            _parameters(page)


def _parameters(page: Page) -> None:
    with gr.Row():
        page.form["stream"] = gr.Checkbox(value=True, label="stream")
        page.form["include_usage"] = gr.Checkbox(value=True, label="include_usage (with stream)")
        page.parts["reset"] = gr.Button("put all back to not sent", size="sm", min_width=0)
    with gr.Row(elem_id="grid"):
        for parameter in PARAMETERS:
            page.form[f"param.{parameter.name}"] = gr.Textbox(
                label=parameter.name,
                info=f"{parameter.help}; {parameter.range}",
                placeholder="not sent",
                max_lines=1,
                min_width=120,
            )
    page.form["extra"] = gr.Textbox(
        label="Extra JSON", info='Any other fields, as an object: {"top_k": 40}', lines=2, max_lines=12, elem_id="extra"
    )


def _wire(page: Page) -> None:
    page.parts["copy"] = gr.Button("Copy", elem_id="copy", size="sm", min_width=0)
    with gr.Tabs(elem_id="code"), gr.Tab("curl"):
        page.parts["curl"] = Snippet("", elem_id="curl")
    with gr.Tabs(elem_id="answer", selected="timing"):
        for name, draw in (("Request", draw_request), ("Response", draw_response), ("Events", draw_events)):
            with gr.Tab(name, render_children=True):
                page.parts[name.lower()] = Drawn(draw(None))
        with gr.Tab("Timing", id="timing", render_children=True):
            page.parts["timing"] = Drawn(draw_timing(None), elem_id="timing")


def _order_panels(page: Page) -> None:
    names = ("talk", "stream_view", "request", "response", "events", "timing")
    page.panels = [page.parts[name] for name in names]


def first_backend(context: Context) -> str:
    """The setting's; else TheRouter where there is a key, the embedded model where there is none."""
    chosen = context.settings.backend
    if chosen:
        return chosen
    return "therouter" if context.settings.therouter_api_key else "embedded"


def _connect(blocks: gr.Blocks, page: Page, handlers: Handlers) -> None:
    form, parts, inputs = page.form, page.parts, page.inputs()
    conversation, message, again = form["conversation"], form["message"], parts["again"]
    connection = [parts["connection"], form["custom_url"]]
    facts = [parts["state"], parts["facts"], form["model"], parts["timer"]]

    blocks.load(
        handlers.open,
        inputs,
        [conversation, *page.panels, *connection],
        js="(...values) => [window.playground.conversation(), ...values.slice(1)]",
        **QUICK,
    )
    changes = [form[name].change for name in FORM]
    gr.on(
        [blocks.load, *changes, again.change, parts["ended"].change, *[panel.change for panel in page.panels[:1]]],
        handlers.snippet,
        inputs,
        [parts["curl"], parts["sent"]],
        trigger_mode="always_last",
        **QUICK,
    )
    gr.on(
        [blocks.load, parts["timer"].tick, form["custom_url"].blur, again.change],
        handlers.state,
        [parts["models"], *inputs],
        facts,
        **QUICK,
    )
    form["backend"].change(handlers.switch, [parts["models"], *inputs], [*facts, *connection], **QUICK)
    form["model"].change(handlers.remember, [parts["models"], form["backend"], form["model"]], parts["models"], **QUICK)
    for name in ("chat", "streaming"):
        parts[name].select(None, None, form["tab"], js=f"() => '{name}'")

    send = {"fn": None, "inputs": inputs, "outputs": parts["ended"], "js": SEND}
    committed = [*page.panels, message, parts["attached"]]
    retried = parts["retry"].click(
        handlers.retry, [conversation, message, parts["turn"]], [parts["talk"], message], **QUICK
    )
    for ran in (parts["send"].click(**send), retried.then(**send)):
        ran.then(handlers.commit, [conversation, message], committed, **QUICK)
    parts["talk"].click(handlers.edit, conversation, [parts["talk"], again], **QUICK)
    parts["stop"].click(None, js="() => window.playground.stop()")

    for button, preset in parts["presets"]:
        params = [form[f"param.{parameter.name}"] for parameter in PARAMETERS]
        filled = [form[n] for n in ("model", "message", "system", "stream", "include_usage", "extra")]
        button.click(
            partial(handlers.load, preset),
            [conversation, form["backend"], form["model"]],
            [parts["tabs"], *filled, *params, *page.panels],
            **QUICK,
        )
    parts["undo"].click(handlers.undo, [conversation, message], [parts["talk"], message], **QUICK)
    parts["clear"].click(handlers.clear, conversation, [*page.panels, parts["attached"]], **QUICK)
    parts["images"].upload(
        handlers.attach, [conversation, parts["images"]], [parts["images"], parts["attached"]], **QUICK
    ).then(None, None, again, js="() => String(Date.now())")
    parts["reset"].click(lambda: [""] * len(PARAMETERS), None, [form[f"param.{p.name}"] for p in PARAMETERS], **QUICK)
    parts["use_key"].click(None, form["backend"], again, js="async backend => await window.playground.useKey(backend)")
    parts["copy"].click(None, js="() => window.playground.copy()")
    parts["drawer"].click(None, js="() => window.playground.drawer()")
