"""What real engines say of a bad request, in the fields that the app shows."""

import re
from typing import Any

import pytest

from playground.errors import APIStatusError
from tests.asking import STREAMED, ask
from tests.real_engines.engine import CONTEXT_TOKENS
from tests.real_engines.running import Running


async def refusal(base_url: str, content: str = "Hi", **fields: Any) -> APIStatusError:
    shot = await ask(base_url, content, **fields)
    assert isinstance(shot.error, APIStatusError), shot
    assert shot.status_code == shot.error.status_code
    assert shot.error.advice
    return shot.error


@pytest.mark.parametrize("streamed", [{}, STREAMED], ids=["whole", "streamed"])
async def test_an_unknown_model(server: Running, streamed: dict[str, Any]) -> None:
    if server.engine.name == "sglang":  # it takes any name, and gives it back
        shot = await ask(server.base_url, "Hi", model="nonesuch", max_tokens=2, **streamed)
        assert (shot.error, shot.status_code, shot.model) == (None, 200, "nonesuch")
        return
    error = await refusal(server.base_url, model="nonesuch", **streamed)
    assert (error.status_code, error.code, error.param, error.type) == (404, 404, "model", "NotFoundError")
    assert "The model `nonesuch` does not exist" in error.message


@pytest.mark.parametrize("streamed", [{}, STREAMED], ids=["whole", "streamed"])
async def test_a_prompt_longer_than_the_context(server: Running, streamed: dict[str, Any]) -> None:
    error = await refusal(server.base_url, "word " * CONTEXT_TOKENS * 2, **streamed)
    assert (error.status_code, error.code) == (400, 400)
    assert "context length" in error.message
    assert str(CONTEXT_TOKENS) in error.message


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"top_p": 2}, "top_p"),
        ({"min_tokens": "many"}, "min_tokens"),
        ({"max_tokens": -1}, "max_(new_)?tokens"),
        ({"response_format": {"type": "json_schema"}}, "json_schema"),
    ],
    ids=["top_p", "no number", "max_tokens", "no schema"],
)
async def test_a_bad_parameter(server: Running, fields: dict[str, Any], named: str) -> None:
    error = await refusal(server.base_url, **fields)
    assert (error.status_code, error.code) == (400, 400)
    assert re.search(named, f"{error.param} {error.message}")


async def test_a_temperature_of_nine(server: Running) -> None:
    if server.engine.name == "sglang":  # it takes it
        assert (await ask(server.base_url, "Hi", temperature=9, max_tokens=2)).status_code == 200
        return
    error = await refusal(server.base_url, temperature=9)
    assert (error.status_code, error.param) == (400, "temperature")


async def test_a_path_that_is_none(server: Running) -> None:
    error = await refusal(f"{server.origin}/v0")
    assert error.status_code == 404
    assert error.message == "404 Not Found: Not Found"
