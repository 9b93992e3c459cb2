"""The measured claims of the project, each a figure against a baseline of the same run: `python -m bench`."""
