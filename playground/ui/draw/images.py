"""Images: those that wait for the next message, and those of a message that was sent."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

SAFE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=]+")


def draw_attached(images: Sequence[str]) -> str:
    """A small picture for each, with its button to take it away."""
    return "".join(
        f'<span class="thumb">{_picture(url, f"image {index + 1}")}<button type="button" class="link" '
        f'data-act="detach" data-turn="{index}" aria-label="remove image {index + 1}">×</button></span>'
        for index, url in enumerate(images)
    )


def draw_pictures(message: Mapping[str, Any]) -> str:
    """The images of a message, as far as they came along in it: nothing is fetched from elsewhere."""
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    urls = [_url(part) for part in parts if isinstance(part, dict) and part.get("type") == "image_url"]
    if not urls:
        return ""
    return f'<p class="thumbs">{"".join(_picture(url, f"image {i + 1}") for i, url in enumerate(urls))}</p>'


def _url(part: Mapping[str, Any]) -> str:
    image = part.get("image_url")
    return str(image.get("url", "")) if isinstance(image, dict) else str(image or "")


def _picture(url: str, name: str) -> str:
    if SAFE.fullmatch(url):
        return f'<img src="{url}" alt="{name}">'
    return f'<span class="note">{name}: {escape(url[:60])}</span>'
