"""The baseline: the least Gradio app that can be mounted, `python -m bench.bare PORT`.

With `--echo` it has one text box whose every change is written out again: the least that a live snippet can cost.
"""

import sys

import gradio as gr
import uvicorn
from fastapi import FastAPI


def create_bare(*, echo: bool) -> FastAPI:
    """The app."""
    with gr.Blocks() as blocks:
        if echo:
            box, shown = gr.Textbox(label="Message"), gr.HTML(elem_id="snippet")
            box.change(
                lambda text: f"<pre>{text}</pre>",
                box,
                shown,
                queue=False,
                show_progress="hidden",
                trigger_mode="always_last",
            )
    app: FastAPI = gr.mount_gradio_app(FastAPI(), blocks, path="/", ssr_mode=False, run_history=False)
    return app


if __name__ == "__main__":
    port = int(sys.argv[1])
    print(f"listening on {port}", flush=True)
    uvicorn.run(create_bare(echo="--echo" in sys.argv), port=port, log_level="warning")
