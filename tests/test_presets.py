"""Presets: the seed page's examples, and what a broken file says."""

import re
from pathlib import Path

import pytest

from playground.app.form.form import Form, build_request, form_fields
from playground.errors import InvalidPreset
from playground.presets import Preset, load_presets, presets_folder
from playground.snippets import render_snippet
from playground.wire.prepared import Target, prepare

SEED = Path(__file__).parent / "data" / "seed"
THEROUTER = Target("https://api.therouter.ai/v1", "THEROUTER_API_KEY")
GOOD = "title: t\ntab: chat\nabout: a\nsource: s\norder: 1\nrequest:\n  messages: [{role: user, content: hi}]\n"
PRESETS = {preset.name: preset for preset in load_presets(presets_folder())}


def test_every_example_of_the_seed_page_is_a_preset() -> None:
    assert {path.stem for path in SEED.glob("*.sh")} <= set(PRESETS)


@pytest.mark.parametrize("path", sorted(SEED.glob("*.sh")), ids=lambda path: path.stem)
def test_its_curl_is_the_seed_pages_to_the_letter(path: Path) -> None:
    command = path.read_text().rstrip("\n")
    assert render_snippet(prepare(PRESETS[path.stem].request, THEROUTER)) == command


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_form_builds_the_same_request_again(name: str) -> None:
    request = PRESETS[name].request
    fields = form_fields(request)
    history = fields.pop("history")
    assert prepare(build_request(Form(**fields), history), THEROUTER) == prepare(request, THEROUTER)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (GOOD + "extra: 1\n", "extra"),
        (GOOD.replace("title: t\n", ""), "title"),
        (GOOD.replace("order: 1", "order: one"), "order"),
        (GOOD.replace("tab: chat", "tab: talk"), "tab"),
        (GOOD.replace("title: t", "title: ''"), "title"),
        (GOOD.replace("title: t", "title: yes"), "title"),
        (GOOD.replace("role: user", "role: 7"), "request.messages.0.role"),
        (GOOD.replace("content: hi", "content: on"), "request.messages.0.content"),
        (GOOD.replace("content: hi", "when: 2026-01-31"), "request.messages.0.when"),
        (GOOD.replace("content: hi", "x: .nan"), "request.messages.0.x"),
        (GOOD.replace("content: hi", "1: x"), "the key 1 is not text"),
        (GOOD + "  stop: &a [*a]\n", "request: it holds itself"),
        (GOOD.partition("request")[0] + "request: hi\n", "request"),
        (GOOD.partition("request")[0] + "request: {model: m}\n", "request.messages"),
        (GOOD + "name: other\n", "name"),
        (GOOD + "mock: hi\n", "mock: it is a list of rows"),
        (GOOD + "mock: [{tool: f}]\n", "mock.0: it needs either a result or an error"),
        (GOOD + "mock: [{tool: f, result: 1}, {tool: f, result: 1, delay_s: x}]\n", "mock.1.delay_s"),
        (GOOD + "mock: [{tool: f, result: 2026-01-31}]\n", "mock.0.result: 2026-01-31 is not a JSON value"),
        (GOOD + "order: 2\n", "order appears twice, line 8"),
        (GOOD + "d: 2026-02-31\n", "not valid YAML"),
        ("title: t\na: [", "not valid YAML: .*line 2"),
        ("a: !!python/object:os.system x", "not valid YAML: .*line 1"),
        ("- a", "no fields"),
        ("", "no fields"),
    ],
)
def test_a_broken_file_is_named_with_its_field(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InvalidPreset) as caught:
        Preset.from_file(path)
    assert "mine.yaml" in caught.value.message
    assert re.search(field, caught.value.message)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", ["Mine.yaml", "my preset.yaml", "-a.yaml", "a--b.yaml"])
def test_a_name_that_is_no_slug_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD)
    with pytest.raises(InvalidPreset, match="the name may contain"):
        Preset.from_file(tmp_path / name)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"title: \xe9")
    with pytest.raises(InvalidPreset, match=r"folder\.yaml: it cannot be read"):
        Preset.from_file(tmp_path / "folder.yaml")
    with pytest.raises(InvalidPreset, match=r"latin\.yaml: it is not UTF-8"):
        Preset.from_file(tmp_path / "latin.yaml")


def test_presets_come_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("order: 1", "order: 2"))
    (tmp_path / "b.yaml").write_text(GOOD)
    assert [preset.name for preset in load_presets(tmp_path)] == ["b", "a"]
    with pytest.raises(InvalidPreset, match="no such folder"):
        load_presets(tmp_path / "none")


def test_the_chosen_folder_comes_first(tmp_path: Path) -> None:
    assert presets_folder(tmp_path) == tmp_path
    assert (presets_folder() / "chat-odd-sum.yaml").is_file()


def test_mock_results_come_along(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD + "mock: [{tool: f, arguments: {a: 1}, result: {b: 2}}]\n")
    (row,) = Preset.from_file(tmp_path / "mine.yaml").mock
    assert row.matches("f", {"a": 1})
    assert (row.content, row.matches("f", {"a": 2})) == ('{"b": 2}', False)


def test_a_time_of_day_stays_a_text(tmp_path: Path) -> None:
    text = GOOD + "  metadata: {at: 12:30:00}\n"
    (tmp_path / "one.yaml").write_text(text)
    assert load_presets(tmp_path)[0].request.to_wire()["metadata"] == {"at": "12:30:00"}
