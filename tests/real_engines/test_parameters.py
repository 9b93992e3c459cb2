"""What the real engines' own request models have is what the request's parameters say of them."""

import json

import pytest

from playground.app.form.parameters import PARAMETERS
from playground.wire.parameters import SOURCES, Dialect
from tests.real_engines.commands import call
from tests.real_engines.engine import SGLANG, VLLM, RealEngine
from tests.real_engines.provision import is_there

MODULES = {
    VLLM.name: (Dialect.VLLM, "vllm.entrypoints.openai.chat_completion.protocol"),
    SGLANG.name: (Dialect.SGLANG, "sglang.srt.entrypoints.openai.protocol"),
}
SCRIPT = """
import json, {module} as protocol
print("fields:" + json.dumps(list(protocol.ChatCompletionRequest.model_fields)))
"""


@pytest.mark.parametrize("real", [VLLM, SGLANG], ids=lambda real: real.name)
def test_the_request_model_knows_what_is_said(real: RealEngine) -> None:
    assert is_there(real), f"{real.venv} is not ready: run `make test-engines`, which makes it"
    api, module = MODULES[real.name]
    assert SOURCES[api].endswith(f" {real.version}")
    status, said = call(real.python, "-c", SCRIPT.format(module=module), env=real.environment())
    assert status == 0, said[-2000:]
    (line,) = (line for line in said.splitlines() if line.startswith("fields:"))
    fields = set(json.loads(line.removeprefix("fields:")))
    assert "messages" in fields
    names = {one.name for one in PARAMETERS}
    assert {one.name for one in PARAMETERS if api in one.known_by} == names & fields
    assert {one.name for one in PARAMETERS if api in one.not_by} == names - fields
