"""Parameters on the command line: listed, and set."""

import json
from typing import Any

import pytest

from playground.app.form.parameters import PARAMETERS
from playground.cli import main
from tests.cli.running import playground
from tests.upstream import ThreadedUpstream, scripts


def test_the_list(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters"]) == 0
    rows = capfd.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == [one.name for one in PARAMETERS]
    assert rows[0].split() == (
        "temperature a number 0 to 2 OpenAI, vLLM, SGLang, llama.cpp Higher values make answers more varied".split()
    )
    assert len({row.index(one.help) for row, one in zip(rows, PARAMETERS, strict=True)}) == 1  # columns
    assert main(["parameters", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == [one.to_dict() for one in PARAMETERS]


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("temperature=.5", "temperature", 0.5),
        (" top_k = 40", "top_k", 40),
        ("stop=a=b", "stop", "a=b"),
        ('stop=["a"]', "stop", ["a"]),
        ("user=7", "user", "7"),
        ("x_odd=7", "x_odd", 7),
        ('x_odd={"a": [null]}', "x_odd", {"a": [None]}),
        ("x_odd=NaN", "x_odd", "NaN"),
        ("x_odd= some words", "x_odd", " some words"),
        ("x_odd=", "x_odd", ""),
        ("self=1", "self", 1),
        ("model=n", "model", "n"),
    ],
)
def test_what_is_set_is_in_the_request(given: str, name: str, value: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["snippet", "chat-odd-sum", "--param", given]) == 0
    body = capfd.readouterr().out.split("-d '", 1)[1].rsplit("'", 1)[0]
    assert json.dumps(json.loads(body)[name]) == json.dumps(value)


def test_the_last_one_counts_and_the_place_is_kept(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.enqueue(scripts.answer("Hi"))
    words = ["--param", "seed=1", "--param", "model=other", "--param", "seed=2", "--model", "mine"]
    ran = playground("send", "chat-odd-sum", "--backend", threaded_upstream.base_url, *words)
    assert ran.status == 0, ran.err
    (sent,) = threaded_upstream.requests
    assert list(sent.json()) == ["model", "messages", "seed"]
    assert (sent.json()["model"], sent.json()["seed"]) == ("mine", 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("top_k=4.5", "top_k must be a whole number, not '4.5'."),
        ("temperature=", "temperature must be a number, not ''."),
        ("logprobs=yes", "logprobs must be true or false, not 'yes'."),
        ("temperature", "--param must be NAME=VALUE, not 'temperature'. Such as temperature=0.5."),
        ("=1", "--param must be NAME=VALUE, not '=1'. Such as temperature=0.5."),
        ("stream=maybe", "This is not a chat request at stream: Input should be a valid boolean."),
    ],
)
def test_what_cannot_be_read_says_what_is_wanted(given: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "chat-odd-sum", "--param", given]) == 2
    assert capfd.readouterr() == ("", f"playground: {said}\n")
