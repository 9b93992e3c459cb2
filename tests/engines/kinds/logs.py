"""The recorded logs of real engines, in lines as the app sees them, without the first, which tells the command."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "engine_logs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.log"))


def recorded(name: str) -> list[str]:
    """The lines of one log, split at CR and LF."""
    lines = re.split(r"\r\n|\r|\n", (FOLDER / f"{name}.log").read_text())
    assert lines[0].startswith("# ")
    return lines[1:]
