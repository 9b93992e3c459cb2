"""Text as a person reads it."""

import json


def pretty(text: str) -> str:
    """JSON with two spaces of indent; any other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
