"""The snippet route: what is shown is what would be sent, each visitor's own, and bounded like all else."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from playground.app.context import Context
from playground.app.conversations import Conversation, Turn
from playground.app.form.form import Form
from playground.auth.visitors import COOKIE
from playground.snippets import LANGUAGES, Language
from playground.ui.handlers import WireHandlers
from playground.web.app import create_api
from playground.web.guard.limits import MAX_BODY_BYTES
from playground.web.routes.snippet import snippet_routes
from tests.ui.draw.exchanges import streamed
from tests.ui.draw.hostile import ALL, safe
from tests.web.running import IDS, KEY, TAB, VISITOR

FORM: dict[str, Any] = {"conversation": TAB, "backend": "therouter", "model": "test/echo"}
PATH = "/gradio_api/snippet"


def asking(context: Context, visitor: str | None) -> httpx.AsyncClient:
    api = create_api(context)
    api.include_router(snippet_routes(WireHandlers(context).snippet))
    cookies = {COOKIE: visitor} if visitor else {}
    transport = httpx.ASGITransport(api)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies, timeout=20)


@pytest.fixture
async def http(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(context, VISITOR) as client:
        yield client
    context.workers.close()


async def drawn(http: httpx.AsyncClient, **form: Any) -> dict[str, str]:
    answer = await http.post(PATH, json=FORM | form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, str] = answer.json()
    assert found.keys() == {"code", "sent"}
    return found


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: str(one.id))
async def test_it_shows_the_request_that_would_be_sent(
    http: httpx.AsyncClient, context: Context, language: Language
) -> None:
    fields = {"message": ALL, "system": "Be brief.", "params": {"seed": "7"}}
    found = await drawn(http, language=language.id, **fields)
    prepared = context.prepare(Form(**FORM, **fields), VISITOR)
    assert safe(found["code"]).text == language.render(prepared)
    assert ("aria-label", language.title) in safe(found["code"]).attributes
    assert "seed 7" in safe(found["sent"]).text
    assert KEY not in found["code"]


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one.replay], ids=lambda one: str(one.id))
async def test_a_whole_loop_is_shown_to_its_owner_alone(
    http: httpx.AsyncClient, context: Context, conversation: Conversation, language: Language
) -> None:
    assert "requests of one tool loop" in (await drawn(http, language=language.id, replay=True))["code"]
    await _talk(context, conversation, "a secret question")
    found = await drawn(http, language=language.id, replay=True)
    assert "a secret question" in safe(found["code"]).text
    assert "The one request of a tool loop" in safe(found["code"]).text
    for visitor in (IDS.issue(), "made up", None):
        async with asking(context, visitor) as other:
            for replay in (True, False):
                assert "secret" not in (await drawn(other, language=language.id, replay=replay))["code"]


async def _talk(context: Context, conversation: Conversation, message: str) -> None:
    request = context.prepare(Form(**FORM, message=message), VISITOR)
    exchange = streamed({"content": "An answer."}, request=request)
    context.claim(TAB, VISITOR).add(Turn({"role": "user", "content": message}, exchange))
    assert conversation.last_loop()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"language": "cobol"}, "There is no snippet in 'cobol'"),
        ({"params": {"seed": "soon"}}, "seed must be a whole number"),
        ({"backend": "nowhere"}, "There is no backend 'nowhere'"),
    ],
)
async def test_why_there_is_none_is_told_in_its_place(
    http: httpx.AsyncClient, form: dict[str, Any], words: str
) -> None:
    found = await drawn(http, **form)
    assert words in safe(found["code"]).text
    assert 'role="status"' in found["code"]
    assert "temperature not sent" in safe(found["sent"]).text


async def test_what_is_no_form_is_refused(http: httpx.AsyncClient) -> None:
    for wrong in ({"message": ["x-recognisable"]}, {"language": "x" * 65}, {"more": "x-recognisable"}):
        answer = await http.post(PATH, json=FORM | wrong)
        assert answer.status_code == 422
        assert "x-recognisable" not in answer.text
    assert (await http.post(PATH, content=b"no json", headers={"content-type": "application/json"})).status_code == 422
    assert (await http.post(PATH, content=b" " * (MAX_BODY_BYTES + 1))).status_code == 413
    assert (await http.get(PATH)).status_code == 405


async def test_another_site_cannot_ask(http: httpx.AsyncClient) -> None:
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"host": "evil.example"}):
        assert (await http.post(PATH, json=FORM, headers=headers)).status_code == 403
