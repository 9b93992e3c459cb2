"""The Tools tab's fields of the request, and back from a request."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import InvalidRequest
from playground.tools.choice import Mode, ToolChoice
from playground.tools.definitions import read_tools, render_tools

MAX_TEXT = 6 * 2**20  # more than is read, so that it is the reader that says what is too much
MODES = (Mode.AUTO.value, Mode.NONE.value, Mode.REQUIRED.value)
FLAGS = {"true": True, "false": False}


class ToolForm(BaseModel):
    """The tab as typed.

    Attributes:
        tools: JSON text.
        tool_choice: "" where it is not sent, a mode, or a function's name.
        parallel_tool_calls: "", "true" or "false".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tools: str = Field("", max_length=MAX_TEXT)
    tool_choice: str = Field("", max_length=128)
    parallel_tool_calls: str = ""


def tool_fields(form: ToolForm) -> dict[str, Any]:
    """`tools`, `tool_choice`, `parallel_tool_calls`, each where it is sent.

    Tools that a server will refuse are sent all the same, if they are tools at all: the page says what is wrong,
    and the server has the last word.

    Raises:
        InvalidRequest: the text is not a list of tools.
    """
    read = read_tools(form.tools)
    if read.problems and not read.tools:
        raise InvalidRequest(f"Tools JSON: {read.problems[0]}.", field="tools")
    fields: dict[str, Any] = {"tools": list(read.tools)} if read.tools else {}
    if (choice := read_choice(form.tool_choice).to_wire()) is not None:
        fields["tool_choice"] = choice
    if form.parallel_tool_calls in FLAGS:
        fields["parallel_tool_calls"] = FLAGS[form.parallel_tool_calls]
    return fields


def read_choice(text: str) -> ToolChoice:
    """What stands in the field: nothing, a mode, or a function's name."""
    word = text.strip()
    if not word:
        return ToolChoice()
    return ToolChoice(Mode(word)) if word in MODES else ToolChoice(Mode.NAMED, word)


def take_tools(rest: dict[str, Any]) -> dict[str, str]:
    """Take these fields out of a request, as the tab holds them; what it cannot hold is left there."""
    taken: dict[str, str] = {}
    tools = rest.get("tools")
    if isinstance(tools, list) and list(read_tools(json.dumps(tools)).tools) == tools:
        taken["tools"] = render_tools(rest.pop("tools"))
    choice = ToolChoice.from_wire(rest.get("tool_choice"))
    if "tool_choice" in rest and choice is not None and _reads_back(choice, rest["tool_choice"]):
        taken["tool_choice"] = choice.name or choice.mode.value
        rest.pop("tool_choice")
    for word, value in FLAGS.items():
        if rest.get("parallel_tool_calls") is value:
            taken["parallel_tool_calls"] = word
            rest.pop("parallel_tool_calls")
            break
    return taken


def _reads_back(choice: ToolChoice, value: str | Mapping[str, Any]) -> bool:
    return read_choice(choice.name or choice.mode.value).to_wire() == value
