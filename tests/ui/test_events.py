"""The page's events, as the browser is told of them."""

from playground.app.context import Context
from playground.ui.page import build_page
from tests.web.opened import context_of

CHANGES = {"change", "input", "blur", "upload"}


async def test_a_change_while_an_answer_is_awaited_is_not_dropped() -> None:
    """Gradio takes the mode of the first trigger for all of them, and drops what comes meanwhile of most.

    (In a loop, as Gradio takes the one that runs, or leaves its own open.)
    """
    context: Context = context_of()
    events = build_page(context).get_config_file()["dependencies"]
    changes = [event for event in events if CHANGES & {name for _, name in event["targets"]} and event["backend_fn"]]
    assert len(changes) >= 10
    assert [event["targets"] for event in changes if event["trigger_mode"] != "always_last"] == []
