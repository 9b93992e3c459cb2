"""Presets: the seed page's examples, and what a broken file says."""

from pathlib import Path

import pytest

from playground.errors import InvalidPreset
from playground.presets import Preset, load_presets, presets_folder
from playground.server.form import Form, build_request, form_fields
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
        (GOOD.replace("role: user", "role: 7"), "messages.0.role"),
        ("a: [", "YAML"),
        ("- a", "no fields"),
    ],
)
def test_a_broken_file_is_named_with_its_field(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InvalidPreset) as caught:
        Preset.from_file(path)
    assert "mine.yaml" in caught.value.message
    assert field in caught.value.message


def test_presets_come_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("order: 1", "order: 2"))
    (tmp_path / "b.yaml").write_text(GOOD)
    assert [preset.name for preset in load_presets(tmp_path)] == ["b", "a"]
    with pytest.raises(InvalidPreset, match="no such folder"):
        load_presets(tmp_path / "none")
