"""What the real llama.cpp makes of each parameter is what the request's model says of it.

It tells with `verbose` what it samples with and the prompt it made; a template shows the prompt's own parameters.
"""

import json
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

from playground.app.form.parameters import PARAMETERS
from playground.engines.embedded.models import fetch_model
from playground.wire.parameters import SOURCES, Dialect

pytestmark = pytest.mark.model

SERVER = """
import json, sys, urllib.request
import xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.n_ctx, parameters.n_parallel = sys.argv[1], 512, 2
# As the app does: with more threads than cores that are free, each token takes seconds.
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
parameters.port, parameters.warmup, parameters.use_jinja = 0, False, True
names = json.loads(sys.argv[2])
parameters.chat_template = "".join(name + "={{ " + name + " }};" for name in names)
server = xllamacpp.Server(parameters)
for line in sys.stdin:
    request = urllib.request.Request(
        f"{server.listening_address}/v1/chat/completions", line.encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        print(json.dumps(json.loads(response.read())), flush=True)
"""
BASE = {"messages": [{"role": "user", "content": "Hi"}], "verbose": True, "max_tokens": 2}
# A value that is nobody's default; with what else the parameter has a meaning.
VALUES: dict[str, dict[str, Any]] = {
    "temperature": {"temperature": 0.25},
    "top_p": {"top_p": 0.25},
    "max_tokens": {"max_tokens": 1},
    "max_completion_tokens": {"max_completion_tokens": 1},
    "seed": {"seed": 7},
    "stop": {"stop": ["never comes"]},
    "presence_penalty": {"presence_penalty": 0.25},
    "frequency_penalty": {"frequency_penalty": 0.25},
    "n": {"n": 2},
    "logprobs": {"logprobs": True},
    "top_logprobs": {"logprobs": True, "top_logprobs": 3},
    "logit_bias": {"logit_bias": {"5": 1}},
    "reasoning_effort": {"reasoning_effort": "low"},
    "user": {"user": "somebody"},
    "top_k": {"top_k": 7},
    "min_p": {"min_p": 0.25},
    "repetition_penalty": {"repetition_penalty": 1.5},
}


def effect(answer: dict[str, Any]) -> Any:
    """What the server took from the request: its settings and the prompt, and how many answers it made."""
    told = answer["__verbose"] if "__verbose" in answer else answer["choices"][0]["__verbose"]
    return told["generation_settings"], told["prompt"], len(answer["choices"])


def test_what_it_knows_is_what_changes_something() -> None:
    assert list(VALUES) == [one.name for one in PARAMETERS]
    asked = [BASE, BASE | {"logprobs": True}, *(BASE | fields for fields in VALUES.values())]
    # Both say the same to it.
    asked = [{k: v for k, v in one.items() if k != "max_tokens" or "max_completion_tokens" not in one} for one in asked]
    path = fetch_model(lambda _: None)
    ran = subprocess.run(
        [sys.executable, "-c", SERVER, str(path), json.dumps(list(VALUES))],
        input="".join(f"{json.dumps(request)}\n" for request in asked),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    effects = [effect(json.loads(line)) for line in ran.stdout.splitlines()]
    plain, with_logprobs, *changed = effects
    before = {name: with_logprobs if len(fields) > 1 else plain for name, fields in VALUES.items()}
    knows = {name for name, after in zip(VALUES, changed, strict=True) if before[name] != after}
    assert knows == {one.name for one in PARAMETERS if Dialect.LLAMA_CPP in one.known_by}
    assert set(VALUES) - knows == {one.name for one in PARAMETERS if Dialect.LLAMA_CPP in one.not_by}


def test_the_version_is_the_one_that_was_asked() -> None:
    assert f"xllamacpp {version('xllamacpp')} " in SOURCES[Dialect.LLAMA_CPP]
