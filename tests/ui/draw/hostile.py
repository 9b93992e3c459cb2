"""Text that tries to become markup, and a look at what the drawn HTML really holds."""

import re
from html.parser import HTMLParser

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="',
    "</code></pre></div><iframe src=//evil.example>",
    "&lt;b&gt; &amp; &quot;",
    "<!-- ",
    "]]><svg/onload=alert(1)>",
    "</summary></details></article><style>*{display:none}</style>",
    "javascript:alert(1)",
    "{figures} {0} %s",
    "\x00\x1b\u2028\u202e",
)
ALL = "\n".join(HOSTILE)
FORBIDDEN = {"script", "style", "iframe", "object", "embed", "link", "meta", "base", "form", "input", "audio"}
VOID = {"br", "hr", "line", "rect", "col", "img"}
PICTURE = re.compile(r"data:image/\w+;base64,[\w+/=]+")


class Drawn(HTMLParser):
    """The elements, attributes and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def safe(html: str) -> Drawn:
    """The HTML, once nothing in it can run, load or break out."""
    drawn = Drawn(html)
    assert drawn.open == []
    assert not drawn.names & FORBIDDEN, drawn.names
    for name, value in drawn.attributes:
        assert not name.startswith("on"), name
        assert name not in {"srcdoc", "formaction", "autofocus"}, name
        if name == "src":
            assert PICTURE.fullmatch(value), value
        if name == "href":
            assert value.startswith(("http://", "https://", "mailto:")), value
    return drawn
