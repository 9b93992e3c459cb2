"""The cards of the Servers tab: states in words, load, problems, buttons; and nothing becomes markup."""

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.app.servers.views import Action, Kind, Load, Problem, ServerView
from playground.engines.hardware.hardware import Hardware, Host
from playground.phases import Shape
from playground.ui.draw.servers import EMPTY, HEIGHT, WIDTH, WORDS, draw_server, draw_servers
from tests.ui.draw.hostile import HOSTILE, Drawn, safe

VIEW = ServerView("one", "launched", "vLLM", "Qwen/Qwen3-8B", "loading", "loading weights 40 %: 2 of 5 shards")
HARDWARE = Hardware((), "none", "", ("No GPU was found.",), Host(2**34, 2**33, 2, 4))


def drawn(view: ServerView) -> Drawn:
    card = draw_server(view)
    safe(card["html"])
    safe(card["actions"])
    return safe(card["html"] + card["actions"])


@pytest.mark.parametrize("shape", get_args(Shape))
def test_each_state_is_a_word_and_a_shape(shape: Shape) -> None:
    card = drawn(replace(VIEW, shape=shape))
    assert ("class", f"state {shape}") in card.attributes
    assert ("role", "status") in card.attributes
    assert VIEW.words in card.text
    assert ("progress" in card.names) == (shape == "loading")


@pytest.mark.parametrize(("fraction", "value"), [(0.0, "0"), (0.404, "40"), (1.0, "100")])
def test_a_bar_is_as_long_as_its_phase_is_far(fraction: float, value: str) -> None:
    attributes = drawn(replace(VIEW, fraction=fraction)).attributes
    assert ("max", "100") in attributes
    assert ("value", value) in attributes
    assert ("aria-label", f"one: {VIEW.words}") in attributes


def test_a_bar_of_unknown_length_has_no_value() -> None:
    assert "value" not in dict(drawn(VIEW).attributes)


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (replace(VIEW, elapsed_s=12.4, typical_s=90.0), "12 s of a typical 90 s"),
        (replace(VIEW, elapsed_s=12.4), "12 s"),
        (replace(VIEW, elapsed_s=12.4, typical_s=90.0, shape="ready"), "12 s"),
        (VIEW, ""),
    ],
)
def test_how_long_it_takes(view: ServerView, shown: str) -> None:
    html = draw_server(view)["html"]
    assert re.findall(r"<span class='num hint'>(.*?)</span>", html) == [shown]


@pytest.mark.parametrize(("kind", "said"), [("launched", ""), ("attached", "attached"), ("left", "left behind")])
def test_whose_it_is(kind: Kind, said: str) -> None:
    assert kind in get_args(Kind)
    assert said in drawn(replace(VIEW, kind=kind)).text


def test_what_is_known_of_it() -> None:
    facts = (("context", "8,192 tokens"), ("weights", "1.20 GiB"))
    text = drawn(replace(VIEW, base_url="http://127.0.0.1:1/v1", facts=facts, command="vllm serve m")).text
    for words in (
        "enginevLLM",
        "modelQwen/Qwen3-8B",
        "URLhttp://127.0.0.1:1/v1",
        "context8,192 tokens",
        "vllm serve m",
    ):
        assert words in text
    assert "URL" not in drawn(VIEW).text
    assert "details" not in drawn(VIEW).names


def test_a_failure_has_its_cause_its_advice_and_its_fix() -> None:
    problem = Problem("The port is already in use", "OSError: [Errno 98]", "Choose another.", "the next free port")
    card = drawn(replace(VIEW, shape="failed", problem=problem, actions=("fix", "again", "log", "forget")))
    for words in (
        "The port is already in use",
        "OSError: [Errno 98]",
        "Choose another.",
        "Fix: the next free port",
    ):
        assert words in card.text
    assert ("title", "the next free port") in card.attributes
    bare = drawn(replace(VIEW, shape="failed", problem=Problem("It ended")))
    assert "It ended" in bare.text
    assert not {"pre", "small"} & bare.names


def test_every_action_has_a_button_with_words() -> None:
    card = drawn(replace(VIEW, actions=get_args(Action)))
    assert set(WORDS) == set(get_args(Action))
    for action, words in WORDS.items():
        assert words in card.text
        assert ("data-act", f"server-{action}") in card.attributes
    assert [value for name, value in card.attributes if name == "data-name"] == ["one"] * len(WORDS)
    assert ("aria-expanded", "false") in card.attributes


def test_the_load_is_drawn_while_it_is_ready_and_where_it_is_told() -> None:
    load = Load(2, 1, 0.356, 41.7, (0.0, 20.0, 41.7))
    ready = replace(VIEW, shape="ready", load=load)
    card = drawn(ready)
    for words in ("running 2", "waiting 1", "KV cache 36 %", "tokens/s 42"):
        assert words in card.text
    assert "svg" in card.names
    assert ("aria-label", "Tokens per second, peak 42") in card.attributes
    assert "running" not in drawn(replace(ready, shape="failed")).text
    partly = drawn(replace(ready, load=Load(running=0)))
    assert "running 0" in partly.text
    assert "waiting" not in partly.text
    assert "svg" not in partly.names
    assert "figures" not in draw_server(replace(ready, load=Load()))["html"]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=200).filter(lambda rates: max(rates) > 0))
def test_the_line_stays_inside(rates: list[float]) -> None:
    html = draw_server(replace(VIEW, shape="ready", load=Load(0, history=tuple(rates))))["html"]
    points = re.findall(r"([\d.-]+),([\d.-]+)", re.findall(r"points='(.*?)'", html)[0])
    assert len(points) == len(rates)
    for x, y in points:
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT


def test_all_that_the_page_asks_for() -> None:
    found = draw_servers([VIEW, replace(VIEW, name="two")], HARDWARE)
    assert [server["name"] for server in found["servers"]] == ["one", "two"]
    assert found["empty"] == EMPTY
    safe(EMPTY)
    assert "No GPU was found." in safe(found["machine"]).text


@pytest.mark.parametrize("shape", get_args(Shape))
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_markup(text: str, shape: Shape) -> None:
    view = ServerView(
        text,
        "launched",
        text,
        text,
        shape,
        text,
        base_url=text,
        facts=((text, text),),
        command=text,
        problem=Problem(text, text, text, text),
        load=Load(1, 1, 1, 1, (1, 2)),
        actions=get_args(Action),
    )
    drawn(view)
    drawn(replace(view, fraction=0.5))
