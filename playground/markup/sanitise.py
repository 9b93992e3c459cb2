"""The exact list of tags, attributes and values that may reach the page; everything else is dropped."""

import nh3

from playground.markup.mathml import MATH_ATTRIBUTES, MATH_TAGS

COLOURS = frozenset("kscnf")  # keyword, string, comment, number, function

TAGS = frozenset(
    "a blockquote br button code del div em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong "
    "table tbody td th thead tr ul".split()
)
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "div": {"aria-label"},
    "ol": {"start"},
    "pre": {"aria-label"},
    "math": {"display", *MATH_ATTRIBUTES},
    **{tag: set(MATH_ATTRIBUTES) for tag in MATH_TAGS - {"math"}},
}
VALUES: dict[str, dict[str, set[str]]] = {
    "button": {"type": {"button"}, "data-act": {"copy-code"}},
    "div": {"tabindex": {"0"}, "role": {"group"}},
    "pre": {"tabindex": {"0"}, "role": {"group"}},
    **{tag: {"dir": {"auto"}} for tag in "p h1 h2 h3 h4 h5 h6 li th td".split()},
}
CLASSES: dict[str, set[str]] = {
    "button": {"link"},
    "code": {"math"},
    "div": {"code", "code-bar", "math", "table"},
    "span": set(COLOURS),
    "td": {"left", "center", "right"},
    "th": {"left", "center", "right"},
}
SCHEMES = frozenset({"http", "https", "mailto"})

_CLEANER = nh3.Cleaner(
    tags=set(TAGS | MATH_TAGS),
    clean_content_tags={"script", "style"},
    attributes=ATTRIBUTES,
    tag_attribute_values=VALUES,
    set_tag_attribute_values={"a": {"target": "_blank"}},
    allowed_classes=CLASSES,
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)


def sanitise(html: str) -> str:
    """Drop every tag, attribute, class and link scheme that is not on the list."""
    return _CLEANER.clean(html)
