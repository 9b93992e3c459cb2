"""Python runs this first, in each process of SGLang's, when this folder is on PYTHONPATH.

PyPI's torchvision is built for CUDA. Beside a torch for the CPU its own operators do not load, and its import fails
where it describes one of them. SGLang imports it for images, which a text model never gives it: so the operators are
declared, without a body, before it is imported.
"""

import importlib.abc
import sys
from typing import Any

_OPERATORS = ("nms", "qnms")


class _BeforeTorchvision(importlib.abc.MetaPathFinder):
    """Finds nothing; it only notices that torchvision is about to be imported."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        del path, target
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            import torch  # not before: most of SGLang's processes that only look at their arguments need none

            for name in _OPERATORS:
                torch.library.define(f"torchvision::{name}", "(Tensor boxes, Tensor scores, float iou) -> Tensor")


sys.meta_path.insert(0, _BeforeTorchvision())
