"""How long launches took, so that the next one can be told: a small file in the folder of the records."""

import contextlib
import json
import secrets
import statistics
from pathlib import Path

_KEPT = 5  # of each engine and model, the latest
_MOST = 200  # engines and models


class Durations:
    """The file; where it cannot be read or written, nothing is remembered and nothing fails."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def typical_s(self, engine: str, model: str) -> float | None:
        """The median of the latest launches of this model by this engine, in seconds; None before the first."""
        times = self._read().get(_key(engine, model))
        return statistics.median(times) if times else None

    def add(self, engine: str, model: str, seconds: float) -> None:
        """Remember one launch that became ready."""
        known = self._read()
        key = _key(engine, model)
        times = [*known.pop(key, []), round(seconds, 1)][-_KEPT:]
        kept = dict([*known.items(), (key, times)][-_MOST:])
        coming = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        with contextlib.suppress(OSError):
            coming.touch(mode=0o600)
            coming.write_text(json.dumps(kept, indent=1))
            coming.replace(self._path)

    def _read(self) -> dict[str, list[float]]:
        try:
            known = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(known, dict):
            return {}
        return {
            key: [each for each in times if isinstance(each, int | float) and each > 0]
            for key, times in known.items()
            if isinstance(times, list)
        }


def _key(engine: str, model: str) -> str:
    return f"{engine} {model}"
