"""What stands in the Tools tab."""

import gradio as gr

from playground.app.context import Context
from playground.tools.builtin import BUILTINS
from playground.tools.definitions import parse_tools
from playground.tools.importers.sources import IMPORTS
from playground.ui.components import Drawn
from playground.ui.draw.tools import draw_tool_forms, draw_tools_status
from playground.ui.parts import FOLD, LAST, QUICK, Page
from playground.ui.preset_row import build_presets
from playground.ui.tabs.tools.handlers import CHOICES, ToolHandlers

FLAGS = [("not sent", ""), ("true", "true"), ("false", "false")]
AFTER = [("unchanged", "keep"), ("auto", "auto"), ("none", "none")]
TURNS = (1, 2, 3, 5, 8, 12, 20)
MOCK_HELP = (
    "The first row that matches a call answers it. YAML or JSON: tool, arguments (omit to match "
    "any), match (exact or subset), result or error, delay_s."
)
MOCK_EXAMPLE = "- tool: lookup_region\n  arguments: {code: ap-northeast-1}\n  result: {name: Asia Pacific (Tokyo)}"


def build(page: Page, context: Context) -> None:
    """Definitions in three ways, the fields of the request, and what answers."""
    build_presets(page, context)
    with gr.Column(elem_id="tools-pane", elem_classes="pane", min_width=0):
        Drawn(FOLD, elem_classes="fold")
        with gr.Tabs(elem_classes="parts"):
            with gr.Tab("Definitions", render_children=True):
                page.form["tools"] = gr.Textbox(
                    label="Tools JSON",
                    lines=7,
                    max_lines=7,
                    elem_id="tools-json",
                    elem_classes="code-field",
                    placeholder='[{"type": "function", "function": {"name": …, "parameters": {…}}}]',
                )
            with gr.Tab("Form", render_children=True):
                page.parts["tool_forms"] = Drawn(draw_tool_forms(parse_tools("")), elem_id="tool-forms")
            with gr.Tab("Answers", render_children=True):
                _answers(page)
            with gr.Tab("Import", render_children=True):
                _import(page)
        page.parts["tools_status"] = Drawn(draw_tools_status(parse_tools("")), elem_id="tools-status")
        _choices(page)


def _answers(page: Page) -> None:
    page.form["builtins"] = gr.CheckboxGroup(
        list(BUILTINS),
        label="Built-in functions",
        info="A call to a ticked function is really executed.",
        elem_id="builtins",
    )
    page.form["mcp"] = gr.Textbox(
        label="MCP server",
        info="Its URL, or on your own machine also a command line. It answers calls to its tools.",
        max_lines=1,
        placeholder="http://127.0.0.1:8000/mcp",
        elem_id="mcp",
    )
    page.form["mock"] = gr.Textbox(
        label="Mock results",
        info=MOCK_HELP,
        lines=4,
        max_lines=4,
        elem_id="mock",
        elem_classes="code-field",
        placeholder=MOCK_EXAMPLE,
    )


def _import(page: Page) -> None:
    with gr.Row(elem_classes="fields"):
        page.parts["import_kind"] = gr.Dropdown(
            [(kind, kind) for kind in IMPORTS], value=IMPORTS[0], label="From", min_width=0, elem_id="import-kind"
        )
        page.parts["operation"] = gr.Textbox(
            label="OpenAPI operation", max_lines=1, min_width=0, placeholder="getPet, or GET /pets/{id}"
        )
        page.parts["import"] = gr.Button("Add to tools", size="sm", min_width=0, elem_classes="plain-button")
    page.parts["import_text"] = gr.Textbox(
        label="Source",
        lines=4,
        max_lines=4,
        elem_classes="code-field",
        placeholder="The source of a function (parsed, never run), a schema or an OpenAPI document. Leave empty "
        "for the MCP server under Answers.",
    )
    page.parts["import_status"] = Drawn("")


def _choices(page: Page) -> None:
    with gr.Row(elem_classes="fields"):
        page.form["tool_choice"] = gr.Dropdown(
            CHOICES, value="", label="Tool choice", allow_custom_value=True, elem_id="tool-choice", min_width=0
        )
        page.form["choice_after"] = gr.Dropdown(
            AFTER, value="keep", label="tool_choice after results", elem_id="choice-after", min_width=0
        )
        page.form["parallel_tool_calls"] = gr.Dropdown(FLAGS, value="", label="Parallel tool calls", min_width=0)
        page.form["max_turns"] = gr.Dropdown(list(TURNS), value=8, label="Max turns", min_width=0)
        page.form["by_itself"] = gr.Checkbox(value=False, label="Run calls without asking")
        page.form["with_format"] = gr.Checkbox(value=False, label="Also send the JSON tab's response_format")


def connect(page: Page, _: gr.Blocks, context: Context) -> None:
    """The check as one types, and the forms."""
    form, parts, handlers = page.form, page.parts, ToolHandlers(context)
    form["tools"].change(
        handlers.check,
        [form["tools"], form["tool_choice"]],
        [parts["tools_status"], parts["tool_forms"], form["tool_choice"]],
        **LAST,
    )
    parts["import"].click(
        handlers.bring_in,
        [form["tools"], parts["import_kind"], parts["import_text"], parts["operation"], form["mcp"]],
        [form["tools"], parts["import_status"]],
        **QUICK,
    )
    parts["tool_edit"].change(handlers.edit, [form["tools"], parts["tool_edit"]], form["tools"], **QUICK)
