"""The form as the text of a preset's file; pure, for a worker: to write YAML takes long."""

from playground.app.building import Source
from playground.presets import Preset, render_preset
from playground.tools.mock import read_rows

TITLE, LAST = 40, 1000


def saved_preset(source: Source, mock: str) -> str:
    """The file's text.

    Args:
        source: what the request is built from.
        mock: the table of results, as typed.

    Raises:
        InvalidInput: a field that cannot be read.
    """
    form = source.form
    return render_preset(
        Preset(
            name="saved",
            title=" ".join(form.message.split())[:TITLE] or "Saved request",
            tab=form.tab,
            about="",
            source="saved from the playground",
            order=LAST,
            request=source.request(),
            mock=read_rows(mock) if form.sends_tools else (),
        )
    )
