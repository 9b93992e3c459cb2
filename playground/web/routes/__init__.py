"""Our own routes beside Gradio's."""
