import re
from html.parser import HTMLParser

import pytest

from playground.markup.markdown import render_markdown
from playground.markup.mathml import MATH_TAGS, render_math
from playground.markup.sanitise import ATTRIBUTES, TAGS, VALUES
from tests.effort import effort


class Dom(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def check(html: str) -> None:
    for tag, attributes in Dom(html).tags:
        assert tag in TAGS | MATH_TAGS
        allowed = ATTRIBUTES.get(tag, set()) | set(VALUES.get(tag, {})) | {"class"}
        allowed |= {"rel", "target"} if tag == "a" else set()
        assert set(attributes) <= allowed, (tag, attributes)
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        if "href" in attributes:
            assert re.match(r"(https?://|mailto:)", attributes["href"] or "", re.IGNORECASE)
            assert attributes["rel"] == "noopener noreferrer nofollow"
            assert attributes["target"] == "_blank"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><style>*{}</style></svg>",
        "[x](javascript:alert(1)) [x](JaVaScRiPt:x) [x](java&#115;cript:alert(1)) <javascript:alert(1)>",
        "[x](data:text/html,<script>alert(1)</script>) ![x](data:image/svg+xml;base64,AAAA) [x](//evil.test)",
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '[x](http://a.test "\\"onmouseover=alert(1) x=\\"") [x](<http://a.test/" onclick="x>)',
        "<math><annotation-xml encoding='text/html'><mglyph><style><img src=x onerror=1></style></math>",
        "&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\text{<img src=x onerror=alert(1)>}$ $\style{color:red}{x}$ $\class{x}{y}$",
        r"$\text{&lt;script&gt;alert(1)&lt;/script&gt;}$ $\color{red;x:url(//e)}x$",
        '```"><img/src=x/onerror=1>\n</code></pre><script>alert(1)</script>\n```',
        '```html\n<script>alert("x")</script><a onclick=x>\n```',
        "[a]: javascript:alert(1)\n\n[a] ![a]",
        "| a |\n|:-:|\n| <img src=x onerror=1> |",
        '| "><img src=x onerror=1> | `" onfocus=alert(1) "` |\n|---|---|\n| a | b |',
        '<p dir="rtl" onclick=alert(1)>a</p>',
    ],
)
def test_nothing_outside_the_list_survives(text: str) -> None:
    html = render_markdown(text)
    check(html)
    assert not {"script", "img", "svg", "iframe", "style"} & {tag for tag, _ in Dom(html).tags}


def test_images_become_links() -> None:
    html = render_markdown("![a cat](http://a.test/c.png) [![in](http://i.test)](http://b.test)")
    assert "<img" not in html
    assert [a["href"] for tag, a in Dom(html).tags if tag == "a"] == ["http://a.test/c.png", "http://b.test"]
    assert ">a cat</a>" in html


def test_ordinary() -> None:
    html = render_markdown("# T\n\n*a* **b** ~~c~~\n\n3. x\n\n| h |\n|--:|\n| d |\n")
    for part in (
        '<h1 dir="auto">T</h1>',
        "<em>a</em>",
        "<s>c</s>",
        '<ol start="3">',
        '<td dir="auto" class="right">d</td>',
    ):
        assert part in html
    check(html)


def test_fences() -> None:
    html = render_markdown("```python\ndef f(): return 1 # c\n```\n")
    assert '<div class="code"><div class="code-bar"><span>python</span>' in html
    assert 'aria-label="code, python"' in html
    for css in "kfnc":
        assert f'<span class="{css}">' in html
    assert '<span class="' not in render_markdown("```nonsense\ndef f()\n```")
    assert '<span class="' not in render_markdown("```python\n" + "x = 1\n" * 10_000 + "```")
    check(html)


def test_environment() -> None:
    assert "<mtable" in render_markdown("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}")


@pytest.mark.parametrize(
    "latex",
    [
        "{" * 900 + "}" * 900,
        r"\frac" * 390,
        "a^{" * 600,
        r"\left(" * 280,
        "x" * 2001,
        r"\def\a{\a\a}\a",
        "\\frac{",
        "",
    ],
)
def test_hostile_latex_is_shown_as_it_is(latex: str) -> None:
    with effort(600):
        assert render_math(latex).startswith('<code class="math">')


@pytest.mark.parametrize(
    "bomb",
    [
        "> " * 10000,
        "[" * 10000,
        "*a " * 10000,
        "![" * 10000,
        "- " * 10000,
        "$$a\n\n" * 5000,
        r"\(a " * 5000,
        "\\begin{align}\n\n" * 2500,
        "\\[a\n\n" * 2500,
        "$a " * 10000,
        "$a_____" * 3000,
        ("$" + "ab, " * 400 + "$ ") * 15,
        "$" * 20000,
        "`" * 20000,
    ],
)
def test_bombs_end_fast(bomb: str) -> None:
    with effort(600):
        check(render_markdown(bomb))
