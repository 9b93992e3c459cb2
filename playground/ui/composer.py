"""What is typed: the message, the system prompt, images, and every parameter."""

import gradio as gr

from playground.app.form.parameters import PARAMETERS
from playground.ui.components import Drawn
from playground.ui.handlers.conversation import ConversationHandlers
from playground.ui.parts import QUICK, SETTLED, Page

TAKE = "(taken, message) => window.playground.take(taken, message)"
SEND_REASONING = (("with tool calls", "calls"), ("always", "always"), ("never", "never"))
TOGGLE = (
    '<button type="button" class="link" data-act="parameters" aria-expanded="false" aria-controls="parameters">'
    "Parameters</button>"
)

# Not Gradio's upload: it keeps files on the disk and hands out any path (`web/routes/images.py` is the way in).
ATTACH = (
    '<label class="link">attach images<input type="file" accept="image/png,image/jpeg,image/gif,image/webp" multiple '
    'aria-label="attach images"></label>'
)


def build_composer(page: Page) -> None:
    """The lower edge of the work pane, the same under every tab."""
    with gr.Column(elem_id="compose", scale=0):
        page.form["system"] = gr.Textbox(
            label="System prompt", lines=1, max_lines=6, elem_id="system", placeholder="not sent"
        )
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
        page.parts["attached"] = Drawn("", elem_id="attached")
        with gr.Row(elem_id="tools-row"):
            Drawn("<div data-sent></div>", elem_id="sent")
            Drawn(TOGGLE, elem_id="toggle")
            Drawn(ATTACH, elem_id="attach-images")
            page.parts["save"] = gr.Button("download as preset", size="sm", min_width=0)
            page.parts["undo"] = gr.Button("undo", size="sm", min_width=0)
            page.parts["clear"] = gr.Button("Clear", size="sm", min_width=0, elem_id="clear")
        with gr.Column(elem_id="parameters", min_width=0):
            _parameters(page)


def _parameters(page: Page) -> None:
    with gr.Row(elem_id="flags"):
        page.form["stream"] = gr.Checkbox(value=True, label="stream")
        page.form["include_usage"] = gr.Checkbox(value=True, label="include_usage (with stream)")
        page.form["send_reasoning"] = gr.Dropdown(
            list(SEND_REASONING), value="calls", label="Reasoning sent back", min_width=0, elem_id="send-reasoning"
        )
        page.parts["reset"] = gr.Button("Reset parameters", size="sm", min_width=0, elem_id="reset")
    with gr.Row(elem_id="grid"):
        for parameter in PARAMETERS:
            page.form[f"param.{parameter.name}"] = gr.Textbox(
                label=parameter.name,
                info=parameter.info,
                placeholder="not sent",
                max_lines=1,
                min_width=120,
                elem_id=f"param-{parameter.name}",
            )
    page.form["extra"] = gr.Textbox(
        label="Extra JSON",
        info='Any other fields, as an object: {"min_tokens": 40}',
        lines=2,
        max_lines=12,
        elem_id="extra",
    )


def connect_composer(page: Page, handlers: ConversationHandlers) -> None:
    """Send, stop, retry, undo, clear, images; and the parameters put back."""
    form, parts = page.form, page.parts
    conversation, message = form["conversation"], form["message"]
    send, decide = (f"async (...values) => await window.playground.{do}({page.form_of()})" for do in ("send", "decide"))
    sending = {"fn": None, "inputs": page.inputs(), "outputs": parts["ended"], "js": send}
    committed = [*page.panels(), parts["taken"], parts["attached"]]
    retried = parts["retry"].click(
        handlers.retry,
        [conversation, message, parts["turn"]],
        [parts["talk"], message, parts["attached"]],
        js=SETTLED,
        **QUICK,
    )
    for ran in (parts["send"].click(**sending), retried.then(**sending)):
        kept = ran.then(handlers.commit, conversation, committed, **QUICK)
        kept.then(None, [parts["taken"], message], message, js=TAKE)
    decided = parts["decide"].click(**(sending | {"js": decide}))
    redrawn = [*page.panels(), parts["attached"]]
    decided.then(handlers.redraw, conversation, redrawn, **QUICK)
    parts["stop"].click(None, js="() => window.playground.stop()")
    taken_back = [parts["talk"], message, parts["attached"]]
    parts["undo"].click(handlers.undo, [conversation, message], taken_back, js=SETTLED, **QUICK)
    parts["clear"].click(handlers.clear, conversation, redrawn, js=SETTLED, **QUICK)
    parts["bring_back"].click(handlers.bring_back, conversation, redrawn, **QUICK)
    attached = parts["images"].click(handlers.attached, conversation, parts["attached"], **QUICK)
    detached = parts["detach"].click(handlers.detach, [conversation, parts["turn"]], parts["attached"], **QUICK)
    for changed in (attached, detached):
        changed.then(None, None, parts["again"], js="() => String(Date.now())")
    blank = [form[f"param.{parameter.name}"] for parameter in PARAMETERS]
    parts["reset"].click(lambda: [""] * len(PARAMETERS), None, blank, **QUICK)
