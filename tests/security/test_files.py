"""No path and no URL of a visitor's reaches a component; of Gradio's routes only those that the page uses exist."""

import json
import re
from typing import Any

import httpx
import psutil
import pytest

from tests.security.conftest import Way
from tests.upstream import ThreadedUpstream

CALL = "/gradio_api/run/predict"
SESSION = "abcdefghij"


def config_of(client: httpx.Client) -> dict[str, Any]:
    """The page's own configuration, as the browser reads it from the page."""
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", client.get("/").text, re.DOTALL)
    assert found
    config: dict[str, Any] = json.loads(found[1])
    return config


def functions(config: dict[str, Any]) -> list[dict[str, Any]]:
    """The functions that the server runs."""
    return [event for event in config["dependencies"] if event["backend_fn"]]


def file_data(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def call(client: httpx.Client, function: dict[str, Any], data: list[Any], **more: Any) -> httpx.Response:
    body = {"fn_index": function["id"], "data": data, "session_hash": SESSION, **more}
    return client.post(CALL, json=body)


def files(way: Way, elsewhere: str) -> list[Any]:
    """Values that Gradio would make a file of."""
    path = str(way.inside)
    return [
        file_data(path),
        file_data("/proc/self/environ"),
        file_data("/dev/zero"),
        file_data("", url=f"{elsewhere}/latest/meta-data/"),
        file_data(f"{elsewhere}/latest/meta-data/"),
        file_data(path, url=f"/gradio_api/file={path}"),
        {"value": file_data(path)},
        {"a": {"b": [file_data(path)]}},
        [file_data(path)],
        [[file_data(path)]],
        [path],
        {"path": path, "is_stream": True, "meta": {"_type": "gradio.FileData"}},
        {"__type__": "update", "value": file_data(path)},
        {"video": file_data(path)},
    ]


def test_no_value_makes_a_file_of_any_function(way: Way, threaded_upstream: ThreadedUpstream) -> None:
    """Every function of the page, every place, every spelling."""
    client = way.visitor()
    tried = 0
    for function in functions(config_of(client)):
        size = len(function["inputs"])
        for place in range(size):
            for value in files(way, threaded_upstream.origin):
                answer = call(client, function, [*[None] * place, value, *[None] * (size - place - 1)])
                tried += 1
                if value == [str(way.inside)] and answer.status_code != 422:
                    assert "not in the list of choices" in answer.text  # a group of check boxes: words, and no file
                    continue
                assert answer.status_code == 422, (function["api_name"], place, value, answer.text[:200])
                assert way.secret not in answer.text
    print(f"{tried} calls refused")
    assert tried > 1000
    assert threaded_upstream.requests == []
    assert way.secret not in way.app.log.read_text()


def test_the_values_that_the_page_sends_are_taken(way: Way) -> None:
    client = way.visitor()
    config = config_of(client)
    components = {one["id"]: one for one in config["components"]}
    ticked = next(one for one in functions(config) if [name for _, name in one["targets"]][1:2] == ["tick"])
    data = [components[place]["props"].get("value") for place in ticked["inputs"]]
    answer = call(client, ticked, data)
    assert answer.status_code == 200, answer.text
    assert "gradio.FileData" not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"fn_index": 10**6},
        {"fn_index": -1},
        {"fn_index": True},
        {"fn_index": "0"},
        {"fn_index": None},
        {"data": {}},
        {"data": []},
        {"data": None},
        {"session_hash": None},
        {"session_hash": "../x"},
        {"session_hash": "x" * 1000},
        {"session_hash": ["a"]},
    ],
)
def test_what_is_no_call_of_the_page_is_refused(way: Way, change: dict[str, Any]) -> None:
    client = way.visitor()
    function = next(one for one in functions(config_of(client)) if len(one["inputs"]) > 1)
    body = {"fn_index": function["id"], "data": [None] * len(function["inputs"]), "session_hash": SESSION}
    answer = client.post(CALL, json=body | change)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'"x"', b"\xff", b"[" * 100_000, b'{"fn_index": NaN}'])
def test_nor_is_what_is_none_at_all(way: Way, body: bytes) -> None:
    answer = way.visitor().post(CALL, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


ROUTES = (
    "/config",
    "/gradio_api/info",
    "/gradio_api/upload",
    "/gradio_api/upload_progress?upload_id=x",
    "/gradio_api/file=/proc/self/environ",
    "/gradio_api/file/proc/self/environ",
    "/gradio_api/proxy=http://127.0.0.1:1/",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data?session_hash=x",
    "/gradio_api/heartbeat/x",
    "/gradio_api/deep_link?session_hash=x",
    "/gradio_api/reset",
    "/gradio_api/cancel",
    "/gradio_api/api/predict",
    "/gradio_api/call/predict",
    "/gradio_api/call/v2/predict",
    "/gradio_api/run/other",
    "/gradio_api/component_server",
    "/gradio_api/component_server/",
    "/gradio_api/process_recording",
    "/gradio_api/stream/x",
    "/gradio_api/startup-events",
    "/gradio_api/openapi.json",
    "/gradio_api/vibe-edit/",
    "/gradio_api/custom_component/x/client/component/index.js",
    "/svelte/../x",
    "/static/%2e%2e/%2e%2e/routes.py",
    "/assets/..%2f..%2froutes.py",
    "/assets/../config",
    "/monitoring",
    "/pwa_icon",
    "/docs",
    "/openapi.json",
)


def test_what_the_page_does_not_use_does_not_exist(way: Way) -> None:
    client = way.visitor()
    for route in ROUTES:
        for method in ("GET", "POST", "HEAD", "PUT", "DELETE"):
            answer = client.request(method, route)
            by_proxy = answer.status_code == 400 and "nginx" in answer.headers["server"]  # a path that leaves the root
            assert by_proxy or answer.status_code in {404, 405}, (method, route, answer.text)
            assert by_proxy or answer.headers["x-content-type-options"] == "nosniff"


def test_a_view_or_a_deep_link_in_the_query_is_not_looked_at(way: Way) -> None:
    client = way.visitor()
    plain = client.get("/").text
    for query in ("deep_link=../../x", "view=api", "__sign=x", "deep_link=" + "x" * 1000):
        answer = client.get(f"/?{query}")
        assert answer.status_code == 200
        assert len(answer.text) == len(plain)


def test_gradio_keeps_nothing_of_made_up_sessions(way: Way) -> None:
    """What a call sends is gone with its answer (10,000 sessions of 20 MB each would be kept otherwise)."""
    client = way.visitor()
    config = config_of(client)
    labels = {one["id"]: one["props"].get("label") for one in config["components"]}
    function = next(one for one in functions(config) if "Tools JSON" in [labels[place] for place in one["inputs"]][:1])
    port = way.app.url.rsplit(":", 1)[1]
    owners = [c.pid for c in psutil.net_connections("tcp") if c.laddr and str(c.laddr.port) == port and c.pid]
    process = psutil.Process(owners[0])
    if process.name() == "nginx":
        pytest.skip("the memory looked at would be nginx's; the other two ways have the same code")
    data = ["x" * 2_000_000, *[""] * (len(function["inputs"]) - 1)]
    for round_ in range(5):
        call(client, function, data, session_hash=f"warm{round_}")
    before = process.memory_info().rss
    for number in range(150):
        assert call(client, function, data, session_hash=f"made{number}").status_code == 200
    grown = process.memory_info().rss - before
    print(f"{grown / 2**20:.0f} MiB after 150 made-up sessions of 2 MB")
    assert grown < 100 * 2**20
