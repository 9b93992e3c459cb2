"""Whether a model fits: a stacked bar for each GPU, the verdict, and the arithmetic spelled out."""

from html import escape

from playground.engines.fit.fit import Bar, Fit

GIB = 2**30
CLASSES = {
    "weights": "weights",
    "KV cache": "kv",
    "overhead": "overhead",
    "used by other processes": "over",
    "free": "free",
}


def draw_fit(fit: Fit) -> str:
    """The whole answer."""
    shape = "good" if fit.fits else "bad"
    bars = "".join(map(_bar, fit.bars()))
    sizes = ", ".join(map(str, fit.sizes[:12]))
    lines = [*fit.lines, f"valid tensor-parallel sizes for this model: {sizes}"]
    sums = "".join(f"<li>{escape(line)}</li>" for line in lines)
    notes = "".join(f"<li>{escape(note)}</li>" for note in fit.notes)
    needs = ""
    if fit.needs and not fit.fits:
        needs = "".join(f"<li>{escape(need.shown())}</li>" for need in fit.needs)
        needs = f"<p class='line'>What would fit:</p><ul class='findings'>{needs}</ul>"
    return (
        f"<p class='line {shape}' role='status'>{escape(fit.verdict[:1].upper() + fit.verdict[1:])}</p>"
        f"<div class='bars'>{bars}</div>{needs}"
        f"<details><summary>The arithmetic</summary><ul class='sums'>{sums}</ul>"
        f"{f'<ul class=findings>{notes}</ul>' if notes else ''}</details>"
    )


def _bar(bar: Bar) -> str:
    """One GPU; what is more than it has makes the bar full, and the words tell."""
    whole = max(bar.total, sum(size for _, size in bar.parts))
    pieces = "".join(
        f"<i class='{CLASSES.get(label, 'free')}' style='width:{100 * size / whole:.2f}%'></i>"
        for label, size in bar.parts
        if label != "free"
    )
    told = [(label, f"{label} {size / GIB:.2f} GiB") for label, size in bar.parts]
    key = "".join(f"<li class='{CLASSES.get(label, 'free')}'>{escape(words)}</li>" for label, words in told)
    label = escape(f"{bar.name}: " + ", ".join(words for _, words in told), quote=True)
    return (
        f"<figure><figcaption><span>{escape(bar.name)}</span><span>{bar.total / GIB:.1f} GiB</span></figcaption>"
        f"<div class='stack' role='img' aria-label=\"{label}\">{pieces}</div><ul class='key'>{key}</ul></figure>"
    )
