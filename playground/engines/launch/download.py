"""How much of a model has come from the Hub so far: both engines switch its progress bars off."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub.constants import HF_HUB_CACHE
from huggingface_hub.file_download import repo_folder_name


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that are here, and of how many; `total` is None where the Hub has not told."""

    done: int
    total: int | None = None

    @property
    def fraction(self) -> float | None:
        """0 to 1; None unknown."""
        return min(self.done / self.total, 1.0) if self.total else None


def bytes_here(model: str, cache: Path | None = None) -> int:
    """What the Hub's cache holds of a repository, half-fetched files included; 0 where there is nothing.

    Args:
        model: `owner/name`.
        cache: the Hub library's own folder for None.
    """
    folder = (cache or Path(HF_HUB_CACHE)) / repo_folder_name(repo_id=model, repo_type="model") / "blobs"
    total = 0
    with contextlib.suppress(OSError):  # it is not there yet, or a file has just been renamed
        for file in folder.iterdir():
            with contextlib.suppress(OSError):
                total += file.stat().st_size
    return total
