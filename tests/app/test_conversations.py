"""Turns as the messages of the next request, and what editing, undo and retry make of them."""

from dataclasses import replace
from typing import Any

import pytest

from playground.app.conversation_store import Bounds, Conversations
from playground.app.conversations import Conversation, Turn, images_of, text_of
from playground.errors import ConnectFailed
from playground.wire.answer import Answer, ToolCall
from playground.wire.exchange import Exchange
from tests.wire.values import REQUEST

ID, OWNER = "0123456789abcdef", "visitor of the tests"
IMAGE = {"type": "image_url", "image_url": {"url": "data:,a"}}
WORDS = {"type": "text", "text": "Look"}


def user(content: Any = "Hi") -> dict[str, Any]:
    return {"role": "user", "content": content}


def turn(said: Any = "Hi", *, error: bool = False, stopped: bool = False, **answer: Any) -> Turn:
    exchange = Exchange(REQUEST, answers=(Answer(**answer),), done=True, stopped=stopped)
    failed = ConnectFailed("refused", url="http://x") if error else None
    return Turn(user(said), replace(exchange, error=failed), html="<p>drawn</p>")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"content": "A"}, {"role": "assistant", "content": "A"}),
        ({"content": "A", "error": True}, {"role": "assistant", "content": "A"}),
        ({"content": "A", "stopped": True}, {"role": "assistant", "content": "A"}),
        ({"content": "A", "reasoning": "R"}, {"role": "assistant", "content": "A"}),
        ({"reasoning": "R"}, {"role": "assistant", "content": ""}),
        ({"fields": {"images": [1]}}, {"role": "assistant", "content": "", "images": [1]}),
        ({"refusal": "No."}, {"role": "assistant", "content": ""}),
        (
            {"tool_calls": (ToolCall(0, "c1", "f", "{}"),)},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
        ),
    ],
)
def test_an_answered_turn_is_two_messages(answer: dict[str, Any], message: dict[str, Any]) -> None:
    found = turn(**answer)
    assert (found.answered, found.failed) == (True, False)
    assert found.messages() == [user(), message]


@pytest.mark.parametrize("how", [{}, {"error": True}, {"stopped": True}, {"finish_reason": "stop"}])
def test_a_turn_without_an_answer_is_no_message(how: dict[str, Any]) -> None:
    found = turn(**how)
    assert (found.answered, found.failed, found.messages()) == (False, True, [])


def test_a_turn_whose_answer_is_under_way() -> None:
    found = Turn(user())
    assert (found.answered, found.failed, found.messages()) == (False, False, [])


def test_an_edited_answer_takes_the_answers_place() -> None:
    calls = turn(tool_calls=(ToolCall(0, "c1", "f", "{}"),))
    calls.edited = "Mine"
    assert calls.messages() == [user(), {"role": "assistant", "content": "Mine"}]
    failed = turn(error=True)
    failed.edited = ""
    assert (failed.failed, failed.messages()[1]["content"]) == (False, "")


def test_an_answer_to_no_new_message() -> None:
    found = turn(content="x")
    found.message = None
    assert [message["role"] for message in found.messages()] == ["assistant"]


def test_the_messages_are_the_presets_and_then_the_turns() -> None:
    conversation = Conversation(preface=[{"role": "system", "content": "S"}])
    conversation.add(Turn(user("a"), turn(content="A").exchange))
    conversation.add(turn("b", error=True))
    assert [message["content"] for message in conversation.messages()] == ["S", "a", "A"]


def test_a_new_turn_replaces_those_that_failed_before_it() -> None:
    conversation = Conversation()
    kept, last = turn("a"), turn("c")
    kept.edited = last.edited = "A"
    for added in (kept, turn("b", error=True), turn("b", stopped=True), last):
        conversation.add(added)
    assert conversation.turns == [kept, last]


@pytest.mark.parametrize(("index", "text", "left"), [(0, "a", 0), (1, "b", 1), (2, "", 2), (-1, "", 2), (9, "", 2)])
def test_cutting(index: int, text: str, left: int) -> None:
    conversation = Conversation(turns=[turn("a"), turn("b")])
    assert conversation.cut_from(index) == text
    assert len(conversation.turns) == left


def test_cutting_a_turn_without_a_message() -> None:
    conversation = Conversation(turns=[Turn(None)], images=["data:,b"])
    assert (conversation.cut_from(0), conversation.turns, conversation.images) == ("", [], ["data:,b"])


def test_the_images_of_a_turn_that_is_cut_wait_again() -> None:
    conversation = Conversation(turns=[turn([WORDS, IMAGE]), turn("b")], images=["data:,b"])
    assert conversation.cut_from(0) == "Look"
    assert conversation.images == ["data:,a", "data:,b"]
    conversation.turns = [turn([WORDS, IMAGE], error=True)]  # its images are still waiting
    assert conversation.cut_from(0) == "Look"
    assert conversation.images == ["data:,a", "data:,b"]


def test_editing_a_message_keeps_its_images() -> None:
    conversation = Conversation(turns=[turn([WORDS, IMAGE, WORDS])])
    conversation.edit(0, "user", "See")
    assert conversation.turns[0].message == user([{"type": "text", "text": "See"}, IMAGE])
    conversation.edit(0, "user", "")
    assert conversation.turns[0].message == user([IMAGE])


def test_editing() -> None:
    conversation = Conversation(turns=[turn("a", content="A"), turn("b", content="B")])
    conversation.edit(0, "user", "aa")
    conversation.edit(1, "assistant", "BB")
    conversation.edit(2, "user", "nowhere")
    conversation.edit(-1, "user", "nowhere")
    assert [message["content"] for message in conversation.messages()] == ["aa", "A", "b", "BB"]
    assert [found.html for found in conversation.turns] == ["", ""]  # to be drawn again


def test_editing_keeps_the_messages_other_fields() -> None:
    found = turn()
    found.message = {"role": "user", "content": "a", "name": "bob"}
    conversation = Conversation(turns=[found])
    conversation.edit(0, "user", "b")
    assert found.message == {"role": "user", "content": "b", "name": "bob"}
    found.message = None
    conversation.edit(0, "user", "c")
    assert found.message is None


def test_clearing() -> None:
    conversation = Conversation([user()], [turn()], ["data:,a"], turn().exchange)
    conversation.clear()
    conversation.before = None
    assert conversation == Conversation()


@pytest.mark.parametrize(
    ("content", "text", "images"),
    [
        ("a", "a", []),
        (None, "", []),
        ([WORDS, IMAGE, WORDS], "Look\nLook", ["data:,a"]),
        (
            [{"type": "text", "text": 5}, "loose", {"type": "image_url"}, {"type": "image_url", "image_url": "u"}],
            "",
            [],
        ),
        ({"type": "text"}, "", []),
    ],
)
def test_the_text_and_the_images_of_any_content(content: Any, text: str, images: list[str]) -> None:
    assert (text_of(user(content)), images_of(user(content))) == (text, images)


def test_a_conversation_is_found_again() -> None:
    conversations = Conversations()
    assert conversations.get(ID, OWNER) is conversations.get(ID, OWNER)
    assert conversations.get(ID, OWNER) is not conversations.get(ID + "x", OWNER)


@pytest.mark.parametrize("name", ["", "short", "x" * 15, "x" * 65])
def test_an_id_that_could_be_guessed_is_not_kept(name: str) -> None:
    conversations = Conversations()
    conversations.get(name, OWNER).turns.append(turn())
    assert conversations.get(name, OWNER).turns == []


def test_the_longest_unused_goes_first() -> None:
    conversations = Conversations(Bounds(of_one=2))
    for letter in "abac":
        conversations.get(ID + letter, OWNER).aside = letter
    assert [conversations.get(ID + letter, OWNER).aside for letter in "acb"] == ["a", "c", ""]


def test_editing_an_earlier_message_of_a_preset() -> None:
    conversation = Conversation(preface=[user("a"), user([WORDS, IMAGE])])
    conversation.edit(0, "preface", "b")
    conversation.edit(1, "preface", "c")
    conversation.edit(2, "preface", "nowhere")
    assert conversation.preface == [user("b"), user([{"type": "text", "text": "c"}, IMAGE])]


def test_the_exchanges_are_those_that_went_over_the_wire() -> None:
    unsent = Turn(user(), Exchange(replace(REQUEST, url="")))
    sent = turn(content="A")
    assert Conversation(turns=[Turn(user()), sent, unsent]).exchanges == [sent.exchange]


def test_what_was_cleared_stands_again() -> None:
    conversation = Conversation(preface=[user("Before")], turns=[turn("Hi", content="A")], images=["data:,a"])
    stood = conversation.messages()
    conversation.clear()
    conversation.clear()  # there is nothing more to keep
    assert (conversation.messages(), conversation.images) == ([], [])
    conversation.bring_back()
    assert (conversation.messages(), conversation.images) == (stood, ["data:,a"])
    assert conversation.last is conversation.turns[0].exchange
    conversation.bring_back()
    assert conversation.messages() == stood


def test_a_typed_message_alone_can_be_brought_back_but_takes_no_turns_place() -> None:
    conversation = Conversation()
    conversation.clear(typed=True)
    assert conversation.before is not None
    conversation.before = None
    conversation.turns = [turn("Hi", content="A")]
    conversation.clear()
    conversation.clear(typed=True)
    conversation.bring_back()
    assert len(conversation.turns) == 1
