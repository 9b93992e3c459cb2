"""Published models: their configuration, the tensors that follow from it, and what was published of their size."""

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from playground.engines.fit.facts import ModelFacts, TensorSize, model_facts
from tests.engines.fit.shapes import Tensor, tensors

MODELS = Path(__file__).parents[2] / "data" / "models"


class Published:
    """A folder of `tests/data/models`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.config: dict[str, Any] = json.loads((MODELS / name / "config.json").read_text())
        self.sizes: dict[str, Any] = json.loads((MODELS / name / "published.json").read_text())
        self.tensors: list[Tensor] = list(tensors(self.config))

    @cached_property
    def facts(self) -> ModelFacts:
        rows = (TensorSize(row.name, row.dtype, row.shape, row.size) for row in self.tensors)
        return model_facts(self.name, self.config, rows)


@cache
def published(name: str) -> Published:
    return Published(name)


def names() -> list[str]:
    return sorted(folder.name for folder in MODELS.iterdir() if (folder / "published.json").exists())
