"""Our own routes on the app that Gradio is mounted on: the exchange as SSE, the visitor's keys."""
