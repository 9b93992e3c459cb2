"""The tree of errors: each is drawn, each becomes JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from playground import errors
from playground.errors import PlaygroundError

EXAMPLES: tuple[tuple[PlaygroundError, dict[str, Any]], ...] = (
    (errors.InvalidRequest("m", field="messages.0"), {"field": "messages.0"}),
    (errors.InvalidRequest("m"), {}),
    (errors.InvalidSetting("m"), {}),
    (errors.UnknownBackend("m"), {}),
    (errors.ConnectFailed("m", url="http://x/v1"), {"url": "http://x/v1"}),
    (
        errors.RequestTimeout("m", url="http://x", phase="connect", timeout_s=1.5),
        {"url": "http://x", "phase": "connect", "timeout_s": 1.5},
    ),
    (
        errors.APIStatusError("m", status_code=429, code="c", type="t", request_id="r", retry_after_s=2, body="b"),
        {"status_code": 429, "code": "c", "error_type": "t", "request_id": "r", "retry_after_s": 2, "body": "b"},
    ),
    (errors.APIStatusError("m", status_code=500), {"status_code": 500}),
    (errors.StreamProtocolError("m", excerpt="x" * 1000), {"excerpt": "x" * 400}),
    (
        errors.StreamFailed("m", code=5, type="t", metadata={"a": 1}),
        {"code": 5, "error_type": "t", "metadata": {"a": 1}},
    ),
    (errors.StreamInterrupted("m"), {}),
    (errors.EngineUnavailable("m"), {}),
    (errors.EngineExited("m", returncode=-9, log_tail="killed"), {"returncode": -9, "log_tail": "killed"}),
)


def kinds(root: type[PlaygroundError] = PlaygroundError) -> Iterator[type[PlaygroundError]]:
    yield root
    for kind in root.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from kinds(kind)


def test_the_docstring_draws_the_tree() -> None:
    drawn = re.findall(r"^[ │├└─]*([A-Z]\w+)", (errors.__doc__ or "").split("\n\n", 1)[1], re.MULTILINE)
    assert drawn == [kind.__name__ for kind in kinds()]


@pytest.mark.parametrize(("error", "fields"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_an_error_is_json(error: PlaygroundError, fields: dict[str, Any]) -> None:
    said = error.to_dict()
    assert said == {"type": type(error).__name__, "message": "m"} | fields
    assert json.loads(json.dumps(said)) == said
    assert str(error) == "m"


def test_advice_is_told_where_there_is_some() -> None:
    assert errors.StreamInterrupted("m", advice="a").to_dict()["advice"] == "a"
    missing = errors.MissingKey("TheRouter", "THEROUTER_API_KEY")
    assert "THEROUTER_API_KEY" in missing.advice
    preset = errors.InvalidPreset("no name", file="a.yaml", field="request.model")
    assert preset.message == "a.yaml: request.model: no name"
    assert preset.to_dict()["field"] == "request.model"
    assert errors.InvalidPreset("no YAML", file="a.yaml").message == "a.yaml: no YAML"
