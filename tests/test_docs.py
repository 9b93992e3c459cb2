"""The README is true: every setting, command, preset and make target named in it exists, and the other way round."""

import re
from pathlib import Path

from playground.cli import build_parser
from playground.presets import load_presets, presets_folder
from playground.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def variables() -> set[str]:
    return {str(f.validation_alias or f"PLAYGROUND_{name.upper()}") for name, f in Settings.model_fields.items()}


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", README, re.MULTILINE))
    assert set(rows) == variables()
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"PLAYGROUND_{name.upper()}")
        default = field.default
        word = str(default).lower() if isinstance(default, bool) else str(default)
        assert rows[variable] == (f"`{word}`" if default not in (None, "") else "none"), variable


def test_every_command_named_is_one_that_parses() -> None:
    lines = re.findall(r"^    python -m playground (.+)$", README, re.MULTILINE)
    assert len(lines) >= 7
    for line in lines:
        build_parser().parse_args(line.replace("[", "").replace("]", "").split())


def test_every_preset_is_named() -> None:
    for preset in load_presets(presets_folder()):
        assert f"`{preset.name}`" in README


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)", README)) - {"must"} <= targets
