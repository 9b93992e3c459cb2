"""The look: Gradio's variables set from the tokens of `static/page.css`, which follow the system's scheme.

Sheet and script go into the page's head: Gradio's `css=` is inserted twice, once prefixed, after the start.
Body colours are literal, so that nothing flashes before the sheet is there.
"""

import inspect
from pathlib import Path

import gradio as gr

from playground.ui.scripts import bundle
from playground.ui.tab import Tab, build_scripts, build_sheet
from playground.ui.tabs import TABS

STATIC = Path(__file__).parent / "static"
TABS_PLACE = "/* tabs */"  # where their own sheets go, in the page's
SANS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Helvetica Neue", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace"]
BODY = {
    "body_background_fill": "#fbfbfa",
    "body_background_fill_dark": "#151517",
    "body_text_color": "#1b1b19",
    "body_text_color_dark": "#ececea",
}
NOTHING = {
    "block_background_fill": "transparent",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_padding": "0px",
    "block_radius": "0px",
    "panel_background_fill": "transparent",
    "panel_border_width": "0px",
    "layout_gap": "0px",
    "form_gap_width": "0px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "button_transition": "none",
    "button_primary_shadow": "none",
    "button_secondary_shadow": "none",
}
COLOURS = {
    "body_text_color_subdued": "var(--ink-3)",
    "background_fill_primary": "var(--paper)",
    "background_fill_secondary": "var(--sunken)",
    "border_color_primary": "var(--line)",
    "border_color_accent": "var(--accent)",
    "color_accent_soft": "var(--accent-soft)",
    "link_text_color": "var(--accent)",
    "link_text_color_hover": "var(--accent)",
    "link_text_color_visited": "var(--accent)",
    "link_text_color_active": "var(--accent)",
    "block_label_text_color": "var(--ink-3)",
    "block_title_text_color": "var(--ink-3)",
    "block_info_text_color": "var(--ink-3)",
    "code_background_fill": "var(--sunken)",
    "accordion_text_color": "var(--ink-2)",
    "loader_color": "var(--accent)",
    "input_background_fill": "var(--paper)",
    "input_background_fill_focus": "var(--paper)",
    "input_border_color": "var(--line)",
    "input_border_color_focus": "var(--accent)",
    "input_placeholder_color": "var(--ink-3)",
    "button_primary_background_fill": "var(--accent)",
    "button_primary_background_fill_hover": "var(--accent)",
    "button_primary_border_color": "var(--accent)",
    "button_primary_border_color_hover": "var(--accent)",
    "button_primary_text_color": "var(--accent-ink)",
    "button_primary_text_color_hover": "var(--accent-ink)",
    "button_secondary_background_fill": "var(--raised)",
    "button_secondary_background_fill_hover": "var(--raised)",
    "button_secondary_border_color": "var(--line-strong)",
    "button_secondary_border_color_hover": "var(--ink-3)",
    "button_secondary_text_color": "var(--ink)",
    "button_secondary_text_color_hover": "var(--ink)",
    "checkbox_background_color": "var(--paper)",
    "checkbox_background_color_selected": "var(--accent)",
    "checkbox_border_color": "var(--line-strong)",
    "checkbox_border_color_selected": "var(--accent)",
    "checkbox_label_background_fill": "transparent",
    "checkbox_label_background_fill_hover": "transparent",
    "checkbox_label_background_fill_selected": "transparent",
    "checkbox_label_text_color": "var(--ink)",
    "checkbox_label_text_color_selected": "var(--ink)",
}
SIZES = {
    "block_title_text_size": "12px",
    "block_info_text_size": "12px",
    "input_border_width": "1px",
    "input_radius": "6px",
    "input_padding": "4px 10px",
    "input_text_size": "14px",
    "button_border_width": "1px",
    "button_small_radius": "99px",
    "button_small_text_size": "12px",
    "button_small_text_weight": "400",
    "button_small_padding": "2px 12px",
    "button_medium_radius": "6px",
    "button_medium_padding": "5px 14px",
    "button_medium_text_size": "14px",
    "button_medium_text_weight": "550",
    "checkbox_label_padding": "0px",
    "checkbox_label_border_width": "0px",
    "checkbox_label_text_size": "13px",
    "checkbox_label_text_weight": "400",
}


def build_theme() -> gr.themes.Base:
    """The theme; a token holds both schemes, so a variable and its `_dark` get the same value."""
    theme = gr.themes.Base(font=SANS, font_mono=MONO)
    known = inspect.signature(theme.set).parameters
    both = NOTHING | COLOURS | SIZES
    values = {f"{n}{end}": v for n, v in both.items() for end in ("", "_dark") if f"{n}{end}" in known}
    themed: gr.themes.Base = theme.set(**values, **BODY)
    return themed


def build_head(tabs: tuple[Tab, ...] = TABS) -> str:
    """Sheet and script for the page's head: the page's own, then the tabs'."""
    sheet = (STATIC / "page.css").read_text(encoding="utf-8").replace(TABS_PLACE, build_sheet(tabs))
    return (
        f"<meta name='color-scheme' content='light dark'><style>{sheet}</style>"
        f"<script>{bundle(STATIC)}\n{build_scripts(tabs)}</script>"
    )
