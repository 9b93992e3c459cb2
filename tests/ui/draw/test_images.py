"""Images are shown where they came along in the message; nothing is fetched, and no URL is markup."""

from typing import Any

import pytest

from playground.ui.draw.images import draw_attached, draw_pictures
from tests.ui.draw.hostile import HOSTILE, safe

PNG = "data:image/png;base64,iVBORw0KGgo="


def message(*urls: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}} for url in urls]}


def test_those_that_wait_can_be_taken_away() -> None:
    drawn = safe(draw_attached([PNG, PNG]))
    assert [value for name, value in drawn.attributes if name == "data-turn"] == ["0", "1"]
    assert [value for name, value in drawn.attributes if name == "src"] == [PNG, PNG]
    assert draw_attached([]) == ""


def test_those_of_a_message() -> None:
    drawn = safe(draw_pictures(message(PNG, PNG)))
    assert [value for name, value in drawn.attributes if name == "alt"] == ["image 1", "image 2"]


@pytest.mark.parametrize("url", ["https://h/a.png", "data:image/svg+xml;base64,AAAA", "data:text/html;base64,AAAA"])
def test_what_would_be_fetched_or_could_run_is_named(url: str) -> None:
    drawn = safe(draw_pictures(message(url)))
    assert "img" not in drawn.names
    assert f"image 1: {url}" in drawn.text


@pytest.mark.parametrize("text", [*HOSTILE, f'{PNG}" onerror="alert(1)', f"{PNG}\n"])
def test_nothing_becomes_markup(text: str) -> None:
    for html in (draw_attached([text]), draw_pictures(message(text))):
        assert "img" not in safe(html).names


@pytest.mark.parametrize(
    "content",
    ["text", None, [], ["loose"], [{"type": "text", "text": "a"}], {"type": "image_url"}],
)
def test_a_message_without_images(content: Any) -> None:
    assert draw_pictures({"role": "user", "content": content}) == ""


@pytest.mark.parametrize("image", [None, {}, {"url": None}, [], 5, "https://h/a.png"])
def test_an_image_of_another_shape(image: Any) -> None:
    safe(draw_pictures({"role": "user", "content": [{"type": "image_url", "image_url": image}]}))
