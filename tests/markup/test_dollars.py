"""Dollars of prices, shells and other languages are no mathematics; those around a formula are."""

import re
import time
from html import unescape

import pytest

from playground.markup.markdown import render_markdown

PRICES = r"""
$5
$5 and $10
costs $5, or $10 a month
US$5 and AU$10
$5-$10, $5–$10
$5k/$10k
$5/month, $60/year
between $5 and 10$
either $5, or 10$
**$5** or **10$**
the price ($) and the cost ($)
$20 million to 30 million$
$AAPL/$TSLA
[$5](http://a.test) or [$10](http://b.test)
it is $5 with `x$`
\$5 and \$10
"""
PROGRAMS = r"""
$PATH:$HOME
$HOME/bin:$PATH
`$HOME` and `$PATH`
export A=$B; echo $C
"$HOME"/"$PATH"
"$A","$B"
${HOME}:${PATH}
$(pwd):$(date)
$HOME/$(date)
"$1" "$@"
echo "$?"; echo "$?"
make $@:$<
$$HOME and $$PATH
the shell's PID is $$ and that of its parent $$.
$.ajax,$.get
$a.$b->$c
=SUM($A$1:$B$2)
^[a-z]+$ or ^\d+$
$HOME and the regex ^a$
users$|orders$
{$and:[{$gt:1}]}
awk '{print $1"\t"$2}'
"""
FORMULAS = r"""
$x^2$
$$x^2$$
**$x$**
"$x$" and ($x$)
$5 + 5 = 10$.
$5\%$
the $n$th element
$x$-axis
$f$(x), $f(x)$[1]
$O(n \log n)$
$O(n log n)$
$[0,1)$
$AB + BC = AC$
$a$/$b$
$f'$, $n!$
$\text{five and ten}$
设$x$为整数
costs \$5 and $x$
it is $5 and $x^2$
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("text", lines(PRICES) + lines(PROGRAMS))
def test_no_formula(text: str) -> None:
    html = render_markdown(text)
    assert "math" not in html
    assert unescape(re.sub("<[^>]*>", "", html)).count("$") == text.count("$")


@pytest.mark.parametrize(
    "text", ["| $5 | $10 |\n|---|---|\n| $5 | 10$ |", "# $5 and $10", "- $PATH:$HOME", "> $5\n> $10"]
)
def test_no_formula_anywhere(text: str) -> None:
    assert "math" not in render_markdown(text)


@pytest.mark.parametrize("text", lines(FORMULAS))
def test_formula(text: str) -> None:
    assert "<math" in render_markdown(text)


def test_each_text_is_looked_at_once() -> None:
    def cost_s(count: int) -> float:
        text = ("$" + "ab_____, " * 200 + "$ and ") * count
        times = []
        for _ in range(2):
            began = time.process_time()
            render_markdown(text)
            times.append(time.process_time() - began)
        return min(times)

    assert cost_s(16) < 12 * cost_s(4)
