"""Tool calls for a model that was not trained for them, by way of a JSON schema.

A request with tools becomes one whose answer is constrained to `{"name": …, "arguments": …}` or, where
the model may choose, `{"reply": …}`; the answer, also while it streams, becomes a proper tool call or text.
Nothing here does input or output.
"""

from playground.engines.embedded.tools.answer import ChunkTranslator, completion
from playground.engines.embedded.tools.rewrite import BadTools, Rewritten, rewrite
from playground.engines.embedded.tools.translator import Arguments, Call, Part, Reply, Translator

__all__ = [
    "Arguments",
    "BadTools",
    "Call",
    "ChunkTranslator",
    "Part",
    "Reply",
    "Rewritten",
    "Translator",
    "completion",
    "rewrite",
]
