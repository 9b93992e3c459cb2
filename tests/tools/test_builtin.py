"""The functions that really work."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import InvalidTools
from playground.presets import load_presets, presets_folder
from playground.tools.builtin import BUILTINS, Builtin, ToolFailed, make_builtins
from playground.tools.builtin.base import MAX_ARGUMENT, text_argument
from playground.tools.builtin.calculate import calculate
from playground.tools.builtin.http_get_json import MAX_REDIRECTS, make_http_get_json
from playground.tools.builtin.lookup_region import region_table
from playground.tools.definitions import parse_tools, render_tools
from tests.effort import effort
from tests.upstream import Script, Status, Upstream, Write, scripts

ALL = make_builtins(now=lambda: datetime(2026, 7, 1, 12, 30, tzinfo=UTC))


async def ask(name: str, **arguments: Any) -> Any:
    return await ALL[name].call(arguments)


def test_their_definitions_are_tools() -> None:
    found = parse_tools(render_tools([builtin.tool for builtin in ALL.values()]))
    assert (found.ok, found.notes) == (True, ())
    assert tuple(ALL) == BUILTINS == tuple(builtin.name for builtin in ALL.values())
    with pytest.raises(InvalidTools, match="no built-in function 'rm'") as caught:
        make_builtins(["rm"])
    assert "calculate" in caught.value.advice


@pytest.mark.parametrize(
    ("code", "name", "partition", "endpoint"),
    [
        ("ap-northeast-1", "Asia Pacific (Tokyo)", "aws", "s3.ap-northeast-1.amazonaws.com"),
        ("eu-central-1", "Europe (Frankfurt)", "aws", "s3.eu-central-1.amazonaws.com"),
        ("US-EAST-1 ", "US East (N. Virginia)", "aws", "s3.us-east-1.amazonaws.com"),
        ("cn-north-1", "China (Beijing)", "aws-cn", "s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "AWS GovCloud (US-West)", "aws-us-gov", "s3.us-gov-west-1.amazonaws.com"),
    ],
)
async def test_lookup_region(code: str, name: str, partition: str, endpoint: str) -> None:
    found = await ask("lookup_region", code=code)
    assert found == {"code": code.strip().lower(), "name": name, "partition": partition, "s3_endpoint": endpoint}


async def test_regions_that_are_none() -> None:
    with pytest.raises(ToolFailed, match=r"no AWS region 'ap-northest-1'\. Near: ap-northeast-1"):
        await ask("lookup_region", code="ap-northest-1")
    with pytest.raises(ToolFailed, match=r"no AWS region 'Mordor'\.$"):
        await ask("lookup_region", code="Mordor")
    for arguments, said in (({}, "'code' is missing"), ({"code": 5}, "'code' must be a text"), ({"code": " "}, "text")):
        with pytest.raises(ToolFailed, match=said):
            await ALL["lookup_region"].call(arguments)


def test_the_region_table_has_a_source() -> None:
    table = region_table()
    assert table["source"].startswith("botocore 1.")
    assert datetime.fromisoformat(table["date"]).year >= 2026
    assert len(table["regions"]) > 40
    assert {region["partition"] for region in table["regions"].values()} <= set(table["partitions"])


def test_it_answers_the_preset() -> None:
    preset = next(preset for preset in load_presets(presets_folder()) if preset.name == "tools-lookup-region")
    (tool,) = preset.request.tools or []
    theirs = tool["function"]["parameters"]["properties"]
    ours = ALL["lookup_region"].tool["function"]["parameters"]["properties"]
    assert {name: schema["type"] for name, schema in theirs.items()} == {n: s["type"] for n, s in ours.items()}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * sqrt(16) / 2**2", 5.0),
        ("-7 // 2", -4),
        ("7 % -3", -2),
        ("+0.1 + 0.2", 0.1 + 0.2),
        ("2 ** 100", 2**100),
        ("2 ** -1", 0.5),
        ("(-1) ** 1000001", -1),
        ("1 ** 10**9", 1),
        ("max(1, 2.5, min(9, 3)) + abs(-1)", 4),
        ("round(2.675, 2) + floor(1.9) + ceil(0.1)", 2.67 + 2),
        ("log(100, 10) + ln(e) + log2(8)", 6.0),
        (" 1_000 * 0x10 ", 16_000),
        ("sin(pi / 2)", 1.0),
    ],
)
async def test_calculate(expression: str, value: float) -> None:
    found = (await ask("calculate", expression=expression))["result"]
    assert found == pytest.approx(value)
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("1 / 0", "Division by zero"),
        ("0 ** -1", "Division by zero"),
        ("9**9**9", "too large"),
        ("9**9**9**9**9", "too large"),
        ("2**2000 * 2**2000 * 2**2000", "grow too large"),
        ("10.0 ** 400", "no value"),
        ("1e308 * 10", "too large"),
        ("(-8) ** 0.5", "not a real number"),
        ("sqrt(-1)", "no value"),
        ("max()", "no value"),
        ("round(1.5, 99999)", "too many digits"),
        ("1 +", "not (an )?arithmetic"),
        ("x", "'x' is not arithmetic"),
        ("__import__('os')", "not (an )?arithmetic"),
        ("(1).__class__", "not (an )?arithmetic"),
        ("[1][0]", "not (an )?arithmetic"),
        ("'a' * 1000", "not (an )?arithmetic"),
        ("True + 1", "not (an )?arithmetic"),
        ("sqrt(x=1)", "not (an )?arithmetic"),
        ("1 if 2 else 3", "not (an )?arithmetic"),
        ("1if 2else 3", "not (an )?arithmetic"),
        ("1 << 9999", "not (an )?arithmetic"),
        ("lambda: 1", "not (an )?arithmetic"),
        ("1" * 501, "more than 500 characters"),
        ("(" * 240 + "1" + ")" * 240, "not (an )?arithmetic"),
        ("-" * 499 + "1", "not (an )?arithmetic|1"),
        ("1\0", "no"),
        ("exp(10000)", "no value"),
        ("9" * 490, None),
    ],
)
async def test_calculate_what_it_cannot(expression: str, said: str | None) -> None:
    with effort(60):
        if said is None or said.endswith("|1"):
            assert await ask("calculate", expression=expression)
        else:
            with pytest.raises(ToolFailed, match=said):
                await ask("calculate", expression=expression)


@given(st.text(alphabet="0123456789.+-*/%() eπ,maxsqrt_\n", max_size=60))
def test_any_expression_has_a_value_or_fails_as_it_should(expression: str) -> None:
    try:
        value = calculate(expression)
    except ToolFailed:
        return
    assert json.dumps(value, allow_nan=False)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "2026-07-01T12:30:00+00:00"),
        ("Europe/Berlin", "2026-07-01T14:30:00+02:00"),
        ("Asia/Tokyo", "2026-07-01T21:30:00+09:00"),
        ("Asia/Kathmandu", "2026-07-01T18:15:00+05:45"),
    ],
)
async def test_current_time(zone: str, expected: str) -> None:
    found = await ask("current_time", time_zone=zone)
    assert (found["time"], found["weekday"], found["time_zone"]) == (expected, "Wednesday", zone)


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "/etc/localtime", "Europe", "a\0b", "x" * 5000])
async def test_a_zone_that_is_none(zone: str) -> None:
    with pytest.raises(ToolFailed, match="no time zone") as caught:
        await ask("current_time", time_zone=zone)
    assert len(str(caught.value)) < 200


async def test_the_clock_is_the_real_one_by_default() -> None:
    found = await make_builtins(["current_time"])["current_time"].call({"time_zone": "UTC"})
    assert abs((datetime.fromisoformat(found["time"]) - datetime.now(UTC)).total_seconds()) < 5


@pytest.fixture
async def getter(upstream: Upstream) -> Builtin:
    return make_http_get_json([f" 127.0.0.1:{upstream.port}"], timeout_s=5, max_bytes=1000)


def redirect(to: str, code: int = 302) -> Script:
    return Script((Status(code, (("location", to), ("content-length", "0"))),))


async def test_get_json(upstream: Upstream, getter: Builtin) -> None:
    upstream.on("/data", scripts.json_body({"a": [1, "é"]}))
    assert await getter.call({"url": f"{upstream.origin}/data?q=1"}) == {"a": [1, "é"]}
    (asked,) = upstream.requests
    assert (asked.method, asked.target, asked.header("accept")) == ("GET", "/data?q=1", "application/json")
    assert f"127.0.0.1:{upstream.port}" in json.dumps(getter.tool)


async def test_redirects_as_far_as_the_list_goes(upstream: Upstream, getter: Builtin) -> None:
    async with Upstream() as other:
        upstream.on("/here", redirect("/data", 307))
        upstream.on("/data", scripts.json_body(1))
        upstream.on("/away", redirect(f"{other.origin}/secret"))
        upstream.on("/file", redirect("file:///etc/passwd"))
        upstream.on("/round", redirect("/round"))
        assert await getter.call({"url": f"{upstream.origin}/here"}) == 1
        with pytest.raises(ToolFailed, match="is not on the list"):
            await getter.call({"url": f"{upstream.origin}/away"})
        with pytest.raises(ToolFailed, match=r"not an http|does not respond"):
            await getter.call({"url": f"{upstream.origin}/file"})
        with pytest.raises(ToolFailed, match="more than 3 times"):
            await getter.call({"url": f"{upstream.origin}/round"})
        assert other.requests == []
        assert sum(request.path == "/round" for request in upstream.requests) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://localhost:{port}/x", "is not on the list. Allowed: 127.0.0.1:"),
        ("http://127.0.0.1/x", "127.0.0.1:80 is not on the list"),
        ("https://127.0.0.1/x", "127.0.0.1:443 is not on the list"),
        ("http://127.1:{port}/x", "not on the list"),
        ("http://[::1]:{port}/x", r"\[::1\]:\d+ is not on the list"),
        ("http://a@127.0.0.1:{port}/x", "user name"),
        ("http://127.0.0.1:{port}@example.org/x", "user name"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("/x", "not an http or https URL"),
        ("http://", "not an http or https URL"),
        ("http://127.0.0.1:99999/x", "does not respond|not on the list"),
        ("http://exa mple/", "does not respond|not on the list"),
    ],
)
async def test_nothing_else_is_asked(upstream: Upstream, getter: Builtin, url: str, said: str) -> None:
    with pytest.raises(ToolFailed, match=said):
        await getter.call({"url": url.format(port=upstream.port)})
    assert upstream.requests == []


async def test_without_a_list_nothing_is() -> None:
    with pytest.raises(ToolFailed, match="Allowed: none"):
        await ask("http_get_json", url="http://127.0.0.1:1/x")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (scripts.not_found("x"), r"returned 404 Not Found\."),
        (scripts.body(b"<html>"), "not return JSON"),
        (scripts.body(b'"' + b"x" * 1000 + b'"'), "larger than 1,000 bytes"),
        (scripts.body(b"\x1f\x8b", headers=(("content-encoding", "gzip"),)), "compressed"),
        (scripts.cut_first(), "does not respond"),
        (Script((Status(200, ()), Write(b"x" * 900), Write(b"x" * 900))), "larger than"),
    ],
)
async def test_answers_that_are_none(upstream: Upstream, getter: Builtin, answer: Script, said: str) -> None:
    upstream.on("/x", answer)
    with pytest.raises(ToolFailed, match=said):
        await getter.call({"url": f"{upstream.origin}/x"})


async def test_time_has_a_limit_and_a_call_can_be_cancelled(upstream: Upstream) -> None:
    upstream.on("/x", scripts.stall_first(head=True))
    quick = make_http_get_json([f"127.0.0.1:{upstream.port}"], timeout_s=0.2)
    with pytest.raises(ToolFailed, match=r"within 0\.2 s"):
        await quick.call({"url": f"{upstream.origin}/x"})
    await upstream.wait_for_disconnect(timeout_s=1)


async def test_an_argument_has_a_length() -> None:
    assert text_argument({"a": "x" * MAX_ARGUMENT}, "a")
    with pytest.raises(ToolFailed, match="'a' has 8,193 characters; the limit is 8,192"):
        text_argument({"a": "x" * (MAX_ARGUMENT + 1)}, "a")
