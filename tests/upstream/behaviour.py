"""A server that behaves well: what the upstream does when no script says otherwise."""

import re
from collections.abc import Mapping
from typing import Any

from tests.upstream import scripts
from tests.upstream.asked import last_said, model_of, text_of, wants_stream, wants_usage
from tests.upstream.record import Recorded
from tests.upstream.replay import Replay, replay, replay_of
from tests.upstream.steps import Script


def behave(request: Recorded) -> Script:
    """Models, chat, and 404 for the rest."""
    match request.method, request.path:
        case "GET", "/v1/models":
            return scripts.models()
        case "POST", "/v1/chat/completions":
            return chat(request)
        case _:
            return scripts.not_found(f"{request.method} {request.path}")


def chat(request: Recorded, default: Replay | None = None) -> Script:
    """A replay where the request (or `default`) asks for one, else an echo; streaming as the body says."""
    try:
        body = request.json()
    except ValueError as error:
        return scripts.bad_request(f"The body is not JSON: {error}")
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return scripts.bad_request("messages is required", param="messages")
    try:
        wanted = replay_of(request, body, default)
    except (TypeError, ValueError) as error:
        return scripts.bad_request(f"x_replay: {error}", param="x_replay")
    return echo(body) if wanted is None else replay(wanted, body)


def echo(body: Mapping[str, Any]) -> Script:
    """`You said: <the last user message>`, a word a chunk; a token is a word."""
    said = last_said(body)
    text = f"You said: {'nothing' if said is None else said}"
    pieces = pieces_of(text)
    prompt = sum(len(text_of(message).split()) for message in body["messages"])
    usage = scripts.usage(prompt, len(pieces))
    if wants_stream(body):
        return scripts.stream(pieces, model=model_of(body), usage=usage if wants_usage(body) else None)
    return scripts.answer(text, model=model_of(body), usage=usage)


def pieces_of(text: str) -> list[str]:
    """The text cut after each space; joined they are the text."""
    return [piece for piece in re.split(r"(?<= )", text) if piece]
