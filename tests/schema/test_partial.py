import json
from time import process_time
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from playground.schema.document import read_document
from playground.schema.live import operations
from playground.schema.partial import Begin, Broken, End, Noise, Op, PartialJson, Text
from tests.effort import effort
from tests.schema.values import VALUES

TEXTS = st.one_of(
    VALUES.map(json.dumps),
    VALUES.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1)),
    VALUES.map(lambda value: f"Here:\n```json\n{json.dumps([value])}\n```\nBye"),
    st.text(alphabet='{}[]",:\\u09dDcCeE+-.truefalsn \n\t`xé😀\ufeff', max_size=30),
    st.builds(lambda value, cut: json.dumps(value)[:cut], VALUES, st.integers(0, 40)),
    st.builds(
        lambda value, at, char: json.dumps(value)[:at] + char + json.dumps(value)[at:],
        VALUES,
        st.integers(0, 20),
        st.sampled_from('{}[]",:\\0 -tn'),
    ),
)


def parse(*pieces: str) -> tuple[PartialJson, list[Op]]:
    """The parser and its operations, with texts and noise joined as if they had come in one piece."""
    parser = PartialJson()
    ops = [op for piece in pieces for op in parser.feed(piece)]
    ops += parser.finish()
    joined: list[Op] = []
    for op in ops:
        last = joined[-1] if joined else None
        if isinstance(op, Text) and isinstance(last, Text):
            joined[-1] = Text(last.fragment + op.fragment)
        elif isinstance(op, Noise) and isinstance(last, Noise) and op.where == last.where:
            joined[-1] = Noise(last.text + op.text, op.where)
        else:
            joined.append(op)
    return parser, joined


def build(ops: list[Op]) -> Any:
    """The value that the operations draw; strings and numbers from their fragments alone."""
    stack: list[Any] = [{}]
    keys: list[Any] = []
    for op in ops:
        if isinstance(op, Begin):
            keys.append(op.key)
            stack.append({"object": {}, "array": []}.get(op.kind, ""))
        elif isinstance(op, Text):
            stack[-1] += op.fragment
        elif isinstance(op, End):
            value, key = stack.pop(), keys.pop()
            if op.kind == "string":
                assert value == op.value
            elif op.kind not in {"object", "array"}:
                value = op.value
            if isinstance(stack[-1], list):
                assert key == len(stack[-1])
                stack[-1].append(value)
            else:
                stack[-1][key] = value
    return stack[0][None]


@given(TEXTS, st.lists(st.integers(0, 200), max_size=6))
@example('"\\ud83d\\ude00"', [3])
@example("tru", [1])
@example("[1\n, @", [1, 2, 3, 4, 5])
def test_any_split_gives_the_same(text: str, cuts: list[int]) -> None:
    places = sorted({min(cut, len(text)) for cut in cuts})
    pieces = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    assert parse(*pieces)[1] == parse(text)[1] == parse(*text)[1]


@given(VALUES)
def test_the_operations_draw_the_value(value: Any) -> None:
    parser, ops = parse(json.dumps(value))
    assert (parser.complete, parser.noise, parser.broken) == (True, False, None)
    assert build(ops) == value


@given(VALUES)
def test_a_known_value_gives_the_operations_of_its_text(value: Any) -> None:
    def bare(op: Op) -> Any:
        return (op.kind, op.key) if isinstance(op, Begin) else (op.kind, op.value, op.size)  # type: ignore[union-attr]

    _, parsed = parse(json.dumps(value))
    assert [bare(op) for op in operations(value)] == [bare(op) for op in parsed if not isinstance(op, Text)]


@given(TEXTS)
def test_it_agrees_with_the_reader(text: str) -> None:
    parser, _ = parse(text)
    try:
        json.loads(text, parse_constant=int)
    except ValueError:
        is_json = False
    else:
        is_json = True
    assert (parser.complete and not parser.noise and parser.broken is None) == is_json
    assert (read_document(text).problem is None) == is_json


def test_a_growing_tree() -> None:
    parser = PartialJson()
    assert parser.feed('{"na') == (Begin("object", None, 0),)
    assert parser.feed('me": "Ad') == (Begin("string", "name", 9), Text("Ad"))
    assert parser.feed("a\\u00") == (Text("a"),)
    assert parser.feed('e9", "n": -1') == (
        Text("é"),
        End("string", "Adaé", None, 20),
        Begin("number", "n", 27),
        Text("-1"),
    )
    assert (parser.began, parser.complete, parser.depth) == (True, False, 1)
    assert parser.feed("2}") == (Text("2"), End("number", -12, None, 30), End("object", None, 2, 31))
    assert parser.complete


def test_noise_is_reported() -> None:
    parser, ops = parse('Sure!\n```json\n{"a": 1}\n```\nBye')
    assert (ops[0], ops[-1]) == (Noise("Sure!\n```json\n", "before"), Noise("```\nBye", "after"))
    assert parser.noise
    assert parser.complete
    assert parse("No JSON at all.")[0].began is False


def test_broken_is_placed_and_final() -> None:
    parser, ops = parse('{"a": 1,\n  b: 2}', ', "c": 3}')
    assert ops[-1] == parser.broken == Broken("a name in double quotes was expected, not b", 11, 2, 3)
    assert not parser.complete


def test_a_duplicate_is_marked() -> None:
    _, ops = parse('{"a": 1, "a": 2}')
    assert [op.duplicate for op in ops if isinstance(op, Begin)] == [False, False, True]


def test_halves_of_pairs_stay_what_they_are() -> None:
    text = '["\\ud83d", "\\ude00\\ud83d", "\\ud83dx", "\\ud83d\\n"]'
    assert build(parse(text)[1]) == json.loads(text)


def test_depth_is_no_matter() -> None:
    parser = PartialJson()
    parser.feed("[" * 100_000)
    assert parser.depth == 100_000
    parser.feed("]" * 100_000)
    assert parser.complete


def test_the_time_is_linear() -> None:
    def seconds(rows: int) -> float:
        text = json.dumps([{"id": i, "name": f"row {i}", "note": 'a "quoted" word'} for i in range(rows)])
        parser, start = PartialJson(), process_time()
        for place in range(0, len(text), 4):
            parser.feed(text[place : place + 4])
        assert parser.complete
        return process_time() - start

    small = min(seconds(1_000) for _ in range(3))
    assert seconds(10_000) < 20 * small


def test_a_long_string_costs_no_square() -> None:
    parser = PartialJson()
    with effort(200):
        parser.feed('["')
        for _ in range(300_000):
            parser.feed("abcd")
        parser.feed('"]')
    assert parser.complete
