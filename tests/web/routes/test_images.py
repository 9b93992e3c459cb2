"""Images come in as the bytes of a request, told by their first bytes, and only so many."""

import base64
from collections.abc import Iterator

import httpx
import pytest

from playground.app.context import Context
from playground.app.conversations import Conversation
from playground.auth.visitors import COOKIE, VisitorIds
from playground.web.app import create_api
from playground.web.routes import images
from playground.web.routes.images import CONVERSATION, MAX_IMAGE_BYTES, MAX_IMAGES, add_image, image_routes, kind_of
from tests.web.opened import context_of, served

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
NAME = "a-conversation-of-a-tab"


@pytest.fixture
def context() -> Context:
    return context_of()


@pytest.fixture
def url(context: Context) -> Iterator[str]:
    app = create_api(context)
    app.include_router(image_routes(context))
    with served(app) as address:
        yield f"{address}/gradio_api/images"


def test_an_image_waits_for_the_next_message(url: str, context: Context) -> None:
    visitor = context.access.ids.issue()
    answer = httpx.post(url, content=PNG, headers={CONVERSATION: NAME}, cookies={COOKIE: visitor})
    assert answer.json() == {"images": 1}
    assert context.conversation(NAME, visitor).images == ["data:image/png;base64," + base64.b64encode(PNG).decode()]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(9), "image/jpeg"),
        (b"GIF89a" + bytes(9), "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"<script>alert(1)</script>", None),
        (b"/etc/passwd", None),
        (b'{"path": "/proc/self/environ"}', None),
        (b"", None),
    ],
)
def test_what_it_is_is_told_from_its_first_bytes(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


def test_what_is_no_image_is_refused_in_words(url: str, context: Context) -> None:
    visitor = context.access.ids.issue()
    headers = {CONVERSATION: NAME, "content-type": "image/png"}
    answer = httpx.post(url, content=b"<svg/>", headers=headers, cookies={COOKIE: visitor})
    assert answer.status_code == 415
    assert "Convert it" in answer.json()["detail"]
    assert context.conversation(NAME, visitor).images == []


def test_a_visitor_who_is_not_known_leaves_nothing_here(url: str, context: Context) -> None:
    for cookies in ({}, {COOKIE: "made-up"}, {COOKIE: VisitorIds().issue()}):
        answer = httpx.post(url, content=PNG, headers={CONVERSATION: NAME}, cookies=cookies)
        assert answer.status_code == 403
        assert "Reload the page" in answer.json()["detail"]
    assert not context.conversations._kept


def test_only_so_many_and_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = Conversation()
    with pytest.raises(ValueError, match="larger than 20 MiB"):
        add_image(conversation, PNG + bytes(MAX_IMAGE_BYTES))
    for _ in range(MAX_IMAGES):
        add_image(conversation, PNG)
    with pytest.raises(ValueError, match="attached already"):
        add_image(conversation, PNG)
    monkeypatch.setattr(images, "MAX_WAITING_BYTES", 100)
    conversation.images = conversation.images[:1]
    with pytest.raises(ValueError, match="The images"):
        add_image(conversation, PNG * 2)
    assert len(conversation.images) == 1
