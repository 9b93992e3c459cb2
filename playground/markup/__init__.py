"""Text to safe HTML: Markdown, code, LaTeX. Pure; model output is untrusted."""
