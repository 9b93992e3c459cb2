"""The documents are true: what they name exists, and what the program has is in the README."""

import argparse
import re
from pathlib import Path

import pytest

from docs import parameters
from playground.app.form.parameters import PARAMETERS
from playground.cli import build_parser
from playground.presets import load_presets, presets_folder
from playground.settings import Settings
from playground.snippets import LANGUAGES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PRESETS = {preset.name for preset in load_presets(presets_folder())}
FOLDERS = ("playground/", "tests/", "docs/", "presets/", "bench/", ".ci/")
SUFFIXES = (".py", ".md", ".yaml", ".toml", ".txt", ".jinja", ".css", ".js")
HOME = ("", "playground", "tests", "tests/engines", "docs")  # a bare file name may be told of one of these
MAKE = re.compile(r"`make ([a-z-]+)|^    make ([a-z-]+)", re.MULTILINE)
COMMAND = re.compile(r"(?:^    |`)(?:python -m )?playground ([a-z][^`\n#]*)", re.MULTILINE)
every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def variables() -> set[str]:
    return {str(f.validation_alias or f"PLAYGROUND_{name.upper()}") for name, f in Settings.model_fields.items()}


def subcommands() -> dict[str, argparse.ArgumentParser]:
    (found,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


def spans(text: str) -> list[str]:
    """What stands in backticks, outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


# What the documents name exists


@every_document
def test_every_relative_link_leads_to_a_file(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"[a-z]+:|#", target):
            continue
        assert (path.parent / target.partition("#")[0]).exists(), target


@every_document
def test_every_path_named_exists(path: Path) -> None:
    for span in spans(path.read_text()):
        if not re.fullmatch(r"[\w./-]+", span) or span.startswith("/"):
            continue
        if span.startswith(FOLDERS):
            assert (ROOT / span).exists(), span
        elif span.endswith(SUFFIXES):
            assert any((ROOT / folder / span).is_file() for folder in HOME), span


@every_document
def test_every_setting_named_exists(path: Path) -> None:
    for name in re.findall(r"\b(?:PLAYGROUND_[A-Z][A-Z_]*[A-Z]|[A-Z]+_API_KEY)\b", path.read_text()):
        assert name in variables(), name


@every_document
def test_every_make_target_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {a or b for a, b in MAKE.findall(path.read_text())}
    assert named <= targets


@every_document
def test_every_command_named_is_one_that_parses(path: Path) -> None:
    for line in COMMAND.findall(path.read_text()):
        words = line.replace("[", "").replace("]", "").split()
        arguments = build_parser().parse_args(words)
        assert arguments.command == words[0]
        if (preset := getattr(arguments, "preset", None)) is not None:
            assert preset in PRESETS


@every_document
def test_every_preset_named_exists(path: Path) -> None:
    prefixes = tuple({f"{name.partition('-')[0]}-" for name in PRESETS})
    for span in spans(path.read_text()):
        if span.startswith(prefixes) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){2,}", span):
            assert span in PRESETS, span


def test_every_option_named_in_the_readme_exists() -> None:
    known = {
        option for parser in subcommands().values() for action in parser._actions for option in action.option_strings
    }
    for span in spans(README):
        if span.startswith("--"):
            assert span.split()[0] in known, span


# What the program has is in the README


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", README, re.MULTILINE))
    assert set(rows) == variables()
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"PLAYGROUND_{name.upper()}")
        default = field.default
        word = str(default).lower() if isinstance(default, bool) else str(default)
        assert rows[variable] == (f"`{word}`" if default not in (None, "") else "none"), variable


def test_every_command_is_in_the_readme() -> None:
    told = {line.split()[0] for line in COMMAND.findall(README)}
    assert set(subcommands()) <= told


def test_every_preset_is_in_the_readme() -> None:
    for name in PRESETS:
        assert f"`{name}`" in README


def test_every_language_of_snippets_is_in_a_help_and_in_the_readme() -> None:
    help_text = subcommands()["snippet"].format_help()
    (told,) = (line for line in README.splitlines() if "--lang" in line)
    for language in LANGUAGES:
        assert language.id in help_text
        assert re.search(rf"\b{language.id}\b", told.partition("--lang")[2])


def test_the_page_of_parameters_is_that_of_the_request() -> None:
    assert parameters.PAGE.read_text(encoding="utf-8") == parameters.render(PARAMETERS), "run docs/parameters.py"


def test_every_decision_has_its_number_once() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        assert path.read_text().startswith(f"# {int(path.name[:4])}. ")


@every_document
def test_every_decision_cited_exists(path: Path) -> None:
    numbers = {int(found.name[:4]) for found in (ROOT / "docs" / "adr").glob("*.md")}
    for number in re.findall(r"\bADR (\d+)\b", path.read_text()):
        assert int(number) in numbers
