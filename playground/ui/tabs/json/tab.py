"""What stands in the JSON tab."""

import gradio as gr

from playground.app.context import Context
from playground.app.form.format_fields import DEFAULT_NAME, MODES, NONE
from playground.schema.beginnings import KINDS
from playground.ui.components import Drawn
from playground.ui.draw.runs import draw_runs
from playground.ui.draw.schema import draw_schema_status
from playground.ui.parts import FOLD, LAST, QUICK, Page
from playground.ui.preset_row import build_presets
from playground.ui.tabs.json.handlers import BY_TITLE, SchemaHandlers

COUNTS = (2, 3, 5, 10, 20)


def build(page: Page, context: Context) -> None:
    """Mode and schema, ways to begin a schema, and repeated runs."""
    build_presets(page, context)
    with gr.Column(elem_id="json-pane", elem_classes="pane", min_width=0):
        Drawn(FOLD, elem_classes="fold")
        _fields(page)
        with gr.Tabs(elem_classes="parts", elem_id="json-parts") as page.parts["json_parts"]:
            with gr.Tab("Schema", id="schema", render_children=True):
                page.form["json_schema"] = gr.Textbox(
                    label="JSON schema",
                    lines=7,
                    max_lines=7,
                    elem_id="json-schema",
                    elem_classes="code-field",
                    placeholder='{"type": "object", "properties": {…}, "required": […], …}',
                )
            with gr.Tab("Start from", render_children=True):
                _begin(page)
            with gr.Tab("Runs", render_children=True):
                _runs(page)
        status = draw_schema_status(None, (), strict=True)
        page.parts["schema_status"] = Drawn(status, elem_id="schema-status")


def _fields(page: Page) -> None:
    with gr.Row(elem_classes="fields"):
        page.form["json_mode"] = gr.Dropdown(
            [(mode, mode) for mode in MODES], value=NONE, label="Response format", min_width=0, elem_id="json-mode"
        )
        page.form["schema_name"] = gr.Textbox(
            label="Schema name", placeholder=DEFAULT_NAME, max_lines=1, min_width=0, elem_id="schema-name"
        )
        page.form["strict"] = gr.Checkbox(value=True, label="strict")
        page.form["schema_in_prompt"] = gr.Checkbox(value=False, label="Also put the schema in the system prompt")
        page.form["with_tools"] = gr.Checkbox(value=False, label="Also send the Tools tab's tools")


def _begin(page: Page) -> None:
    with gr.Row(elem_classes="fields"):
        page.parts["template"] = gr.Dropdown(
            [(title, title) for title in BY_TITLE], value=None, label="Template", min_width=0, elem_id="template"
        )
        page.parts["start_kind"] = gr.Dropdown(
            [(kind, kind) for kind in KINDS], value=KINDS[0], label="or from", min_width=0, elem_id="start-kind"
        )
        page.parts["start"] = gr.Button("Create schema", size="sm", min_width=0, elem_classes="plain-button")
    page.parts["start_text"] = gr.Textbox(
        label="Sample or class",
        lines=4,
        max_lines=4,
        elem_classes="code-field",
        placeholder="A sample of the JSON that you want, or the source of a pydantic class (parsed, never run).",
    )
    page.parts["start_status"] = Drawn("")


def _runs(page: Page) -> None:
    with gr.Row(elem_classes="fields"):
        page.parts["count"] = gr.Dropdown(
            [(str(count), count) for count in COUNTS], value=5, label="Times", min_width=0, elem_id="run-count"
        )
        page.parts["run_many"] = gr.Button("Run N times", size="sm", min_width=0, elem_classes="plain-button")
    page.parts["runs"] = Drawn(draw_runs((), 0), elem_id="runs")


def connect(page: Page, _: gr.Blocks, context: Context) -> None:
    """The check as one types, the fix, the beginnings, the runs."""
    form, parts, handlers = page.form, page.parts, SchemaHandlers(context)
    gr.on(
        [form["json_schema"].change, form["strict"].change],
        handlers.check,
        [form["json_schema"], form["strict"]],
        parts["schema_status"],
        **LAST,
    )
    runs = f"async (n, ...values) => {{ await window.playground.runs({page.form_of()}, n); }}"
    parts["run_many"].click(None, [parts["count"], *page.inputs()], None, js=runs)
    parts["fix_schema"].click(handlers.fix, form["json_schema"], form["json_schema"], **QUICK)
    made = [form["json_mode"], form["schema_name"], form["json_schema"]]
    parts["template"].input(handlers.use_template, parts["template"], made, **LAST)
    begun = [parts["start_kind"], parts["start_text"]]
    parts["start"].click(handlers.start_from, begun, [*made, parts["start_status"]], **QUICK)
