"""How far a launch is: on the recorded logs of real engines, and on lines quoted from their source, marked so."""

import io
from itertools import pairwise
from typing import Any

import pytest
from huggingface_hub.utils.tqdm import tqdm
from hypothesis import given
from hypothesis import strategies as st

from playground.engines.kinds import ENGINES
from playground.engines.kinds.base import Progress
from playground.engines.kinds.loading import read_bar
from playground.phases import LAUNCH, Phase
from tests.engines.kinds.logs import recorded
from tests.engines.kinds.reading import START, follow, sizes, step

P = Phase


def phases(engine: str, lines: list[str]) -> list[Phase]:
    """As they are said, each once in a row."""
    said = [progress.phase for line in lines if (progress := ENGINES[engine].read(line))]
    return [phase for index, phase in enumerate(said) if index == 0 or said[index - 1] is not phase]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("sglang-ready", [P.STARTING, P.LOADING, P.KV_CACHE, P.READY]),  # on a CPU no graph is captured
        ("vllm-ready", [P.STARTING, P.LOADING, P.KV_CACHE, P.CAPTURING, P.READY]),
        ("sglang-port-taken", [P.STARTING, P.LOADING, P.KV_CACHE]),
        ("vllm-port-taken", []),
        ("sglang-context-too-long", []),
        ("vllm-context-too-long", [P.STARTING]),
        ("sglang-bad-flag", []),
        ("vllm-bad-flag", []),
    ],
)
def test_a_recorded_launch_goes_through_its_phases_in_order(name: str, seen: list[Phase]) -> None:
    assert phases(name.partition("-")[0], recorded(name)) == seen


@pytest.mark.parametrize("engine", ["sglang", "vllm"])
def test_a_recorded_launch_ends_ready_and_is_not_ready_before(engine: str) -> None:
    lines = recorded(f"{engine}-ready")
    ready = next(index for index, line in enumerate(lines) if (p := ENGINES[engine].read(line)) and p.phase is P.READY)
    assert follow(ENGINES[engine], lines[:ready]).phase is not P.READY
    assert follow(ENGINES[engine], lines) == Progress(P.READY, 1.0, "ready")


def test_sglang_is_not_ready_while_its_health_says_503() -> None:
    lines = recorded("sglang-ready")
    last_503 = max(index for index, line in enumerate(lines) if '"GET /health HTTP/1.1" 503' in line)
    assert follow(ENGINES["sglang"], lines[: last_503 + 1]).phase is P.KV_CACHE


def test_the_engines_measure_themselves() -> None:
    assert sizes(ENGINES["sglang"], recorded("sglang-ready")) == {
        "weights_gib": 0.07,
        "kv_tokens": 8192,
        "kv_gib": pytest.approx(0.18),
        "context_length": 2048,
    }
    assert sizes(ENGINES["vllm"], recorded("vllm-ready")) == {
        "context_length": 2048,
        "weights_gib": 0.25,
        "kv_gib": 1.0,
        "kv_tokens": 46592,
        "concurrency": 22.75,
    }


# Quoted from the source of vllm 0.32.0 and sglang 0.5.23, with made-up numbers: these lines want a GPU.
QUOTED: list[tuple[str, str, Progress]] = [
    (
        "vllm",
        "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  43%|████▎     | 3/7 [00:01<00:02,  2.00it/s]",
        Progress(P.CAPTURING, 0.43, "3/7"),
    ),
    (
        "vllm",
        "(EngineCore pid=7) INFO 11-24 16:45:20 [gpu_worker.py:760] Available KV cache memory: 50.16 GiB",
        Progress(P.KV_CACHE, None, "Available KV cache memory: 50.16 GiB"),
    ),
    (
        "vllm",
        "(Worker_TP0 pid=9) INFO 11-24 16:45:20 [runner.py:425] Model loading took 79.81 GiB memory and 61.2 seconds",
        Progress(P.LOADING, 1.0, "Model loading took 79.81 GiB"),
    ),
    (
        "vllm",
        "(EngineCore pid=7) INFO 11-24 16:45:20 [runner.py:1128] Graph capturing finished in 20 secs, took 0.50 GiB",
        Progress(P.CAPTURING, 1.0, "Graph capturing finished"),
    ),
    (
        "vllm",
        "INFO 11-24 16:45:20 [weight_utils.py:533] Time spent downloading weights for a/b: 61.200000 seconds",
        Progress(P.DOWNLOADING, 1.0, "the weights are downloaded"),
    ),
    (
        "vllm",
        "INFO 11-24 16:45:20 [monitor.py:20] torch.compile took 20.00 s in total",
        Progress(P.KV_CACHE, None, "compiling"),
    ),
    (
        "sglang",
        "Capturing batches (bs=8 avail_mem=10.21 GB):  30%|███       | 7/23 [00:04<00:10,  1.60it/s]",
        Progress(P.CAPTURING, 0.3, "7/23"),
    ),
    (
        "sglang",
        "[2026-11-24 16:46:47 TP0] Capture decode CUDA graph begin. backend=full, num_tokens=[1, 2], avail mem=9.00 GB",
        Progress(P.CAPTURING, None, "Capture decode CUDA graph begin"),
    ),
    (
        "sglang",
        "[2026-11-24 16:46:47 TP0] Capture target prefill CUDA graph end. elapsed=2.00 s, mem usage=0.50 GB",
        Progress(P.CAPTURING, 1.0, "Capture target prefill CUDA graph end"),
    ),
    (
        "sglang",
        "Loading safetensors checkpoint shards:  25% Completed | 41/163 [00:10<00:30,  4.00it/s]",
        Progress(P.LOADING, 0.25, "41/163"),
    ),
]


@pytest.mark.parametrize(("engine", "line", "progress"), QUOTED)
def test_a_quoted_line_tells_its_phase(engine: str, line: str, progress: Progress) -> None:
    assert ENGINES[engine].read(line) == progress


@pytest.mark.parametrize(
    ("engine", "line", "figures"),
    [
        # Quoted like those above.
        ("vllm", "Model loading took 79.81 GiB memory and 61.200000 seconds", {"weights_gib": 79.81}),
        ("vllm", "Available KV cache memory: 50.16 GiB", {"kv_gib": 50.16}),
        ("vllm", "GPU KV cache size: 1,046,592 tokens", {"kv_tokens": 1046592}),
        (
            "sglang",
            "[x TP0] Load weight end. elapsed=60 s, type=D, quant=fp8, avail mem=50.00 GB, mem usage=83.20 GB.",
            {"weights_gib": 83.2},
        ),
        (
            "sglang",
            "[x TP0] KV Cache is allocated. dtype: torch.bfloat16, #tokens: 500000, KV size: 33.50 GB",
            {"kv_tokens": 500000, "kv_gib": 33.5},
        ),
        ("vllm", "Application startup complete.", {}),
    ],
)
def test_a_quoted_line_gives_its_figures(engine: str, line: str, figures: dict[str, float]) -> None:
    assert ENGINES[engine].figures(line) == figures


@pytest.mark.parametrize(
    "line",
    [
        # Recorded: they name a phase's words, and are warnings.
        "(APIServer pid=1) WARNING 11-24 16:45:03 [vllm.py:1703] Enforce eager set, disabling torch.compile",
        "[2026-11-24 16:46:50] Disable prefill CUDA graph because cuda_graph_config resolved",
        "[2026-11-24 16:46:21] Cuda graph is disabled because of using torch native attention backend",
        'INFO:     127.0.0.1:34644 - "GET /health HTTP/1.1" 200 OK',
        "",
    ],
)
def test_other_lines_tell_nothing(line: str) -> None:
    assert all(engine.read(line) is None for engine in ENGINES.values())


def hub_bar(total: int, done: int, **options: Any) -> str:
    """The last state of a real bar of huggingface_hub."""
    said = io.StringIO()
    with tqdm(total=total, file=said, disable=False, mininterval=0, **options) as bar:  # type: ignore[no-untyped-call]
        bar.update(done)
        bar.refresh()
        state = said.getvalue()
    return state.split("\r")[-1]


@pytest.mark.parametrize("engine", ["sglang", "vllm", "lmdeploy", "tensorrt_llm", "lightllm", "llama_cpp"])
def test_a_download_is_seen_in_the_hubs_own_bars(engine: str) -> None:
    read = ENGINES[engine].read
    one = read(hub_bar(2_000_000, 500_000, desc="model.safetensors", unit="B", unit_scale=True))
    assert one is not None
    assert (one.phase, one.fraction) == (P.DOWNLOADING, 0.25)
    assert one.words.startswith("model.safetensors: 500k/2.00M")
    part = read(hub_bar(2_000_000, 500_000, desc="model-00001-of-00163.safetensors", unit="B", unit_scale=True))
    assert part is not None
    assert part.fraction is None  # one file's share is not the download's
    files = read(hub_bar(163, 41, desc="Fetching 163 files"))
    assert files == Progress(P.DOWNLOADING, 0.25, "Fetching 163 files: 41/163")
    assert step(step(START, files), part) == files


def test_a_bar_is_read_in_any_state() -> None:
    bar = read_bar("Multi-thread loading shards:   0% Completed | 0/1 [00:00<?, ?it/s]")
    assert bar is not None
    assert (bar.name, bar.fraction, bar.done, bar.all) == ("Multi-thread loading shards", 0.0, "0", "1")
    assert read_bar("token usage: 0.00, 50% of requests") is None
    assert read_bar("") is None


@given(st.lists(st.sampled_from([START, *(Progress(phase, f) for phase in LAUNCH for f in (None, 0.0, 0.5, 1.0))])))
def test_a_launch_never_goes_back_a_phase(steps: list[Progress]) -> None:
    seen = [START]
    for said in steps:
        seen.append(step(seen[-1], said))
    for before, after in pairwise(seen):
        # A download may come after "loading" was said, as in vLLM, as long as no weight was loaded.
        downloads = (before.phase, after.phase) == (P.LOADING, P.DOWNLOADING) and not before.fraction
        assert downloads or LAUNCH.index(after.phase) >= LAUNCH.index(before.phase)
    said_phases = {said.phase for said in steps}
    if steps and P.DOWNLOADING not in said_phases:
        assert seen[-1].phase is max(said_phases, key=LAUNCH.index)


@given(st.text())
def test_any_line_can_be_read(line: str) -> None:
    for engine in ENGINES.values():
        engine.read(line)
        engine.figures(line)
