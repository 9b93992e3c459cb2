"""Launches over several machines, and what an upstream needs: words to copy, and nothing becomes markup."""

from html import escape

import pytest

from playground.app.servers.launch_choices import write_form
from playground.backends.upstream_check import NEEDS, Finding
from playground.engines.distributed import FORMS, WrittenLaunch
from playground.engines.distributed.forms import File, Step
from playground.engines.spec import LaunchSpec
from playground.ui.draw.forms import draw_form, draw_upstream, draw_upstream_needs
from tests.ui.draw.hostile import HOSTILE, safe

SPEC = LaunchSpec.parse({"engine": "vllm", "model": "Qwen/Qwen3-8B", "tensor_parallel": 16})


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("present", [True, False])
def test_every_form_is_drawn_whole(kind: str, present: bool) -> None:  # noqa: FBT001 - a parameter
    addressed = kind in {"multi-node", "ray", "router"}
    spec = SPEC.changed(engine="sglang", tensor_parallel=1) if kind == "router" else SPEC
    form = write_form(kind, spec, None, "10.0.0.1, 10.0.0.2" if addressed else "", "" if addressed else "2")
    html = draw_form(form, present=present)
    drawn = safe(html)
    assert form.commands or form.files
    for text in (*(step.shown for step in form.commands), *(file.text for file in form.files)):
        assert f"<pre tabindex='0'>{escape(text)}</pre>" in html  # to the letter: it is copied
    for words in (form.title, form.tool, *form.notes, *form.sources):
        assert words in drawn.text
    assert ("is installed on this machine" if present else "is not installed on this machine: copy") in drawn.text


def test_what_an_upstream_needs_before_a_look() -> None:
    drawn = safe(draw_upstream_needs())
    for need in NEEDS:
        assert need.name in drawn.text
    assert "registers nothing" in drawn.text


def test_what_was_found() -> None:
    found = [Finding("address", True, "public"), Finding("stream", False, "no usage"), Finding("tools", None, "?")]
    drawn = safe(draw_upstream(found))
    assert "address (yes) public" in drawn.text
    assert "stream (no) no usage" in drawn.text
    assert "tools (open) ?" in drawn.text
    assert [value for name, value in drawn.attributes if name == "class"] == ["findings", "yes", "no", ""]
    assert ("role", "status") in drawn.attributes


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_markup(text: str) -> None:
    form = WrittenLaunch(
        title=text,
        tool=text,
        commands=(Step(text, text),),
        files=(File(text, text),),
        notes=(text,),
        sources=(text,),
    )
    safe(draw_form(form, present=True))
    safe(draw_form(form, present=False))
    safe(draw_upstream([Finding(text, ok, text) for ok in (True, False, None)]))
