"""Untrusted text to HTML that is safe to show: Markdown, code, LaTeX. Pure: no I/O."""
