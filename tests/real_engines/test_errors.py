"""What real engines say of a bad request, in the fields that the app shows."""

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
        ({"temperature": 9}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"max_tokens": -1}, "max_tokens"),
    ],
    ids=["temperature", "no number", "top_p", "max_tokens"],
)
async def test_a_bad_parameter(server: Running, fields: dict[str, Any], named: str) -> None:
    error = await refusal(server.base_url, **fields)
    assert (error.status_code, error.code) == (400, 400)
    assert named in f"{error.param} {error.message}"


async def test_a_path_that_is_none(server: Running) -> None:
    error = await refusal(f"{server.origin}/v0")
    assert error.status_code == 404
    assert error.message == "404 Not Found: Not Found"
