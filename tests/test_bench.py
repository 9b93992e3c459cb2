"""The benchmarks' command line and arithmetic; what they measure is not asserted, because machines differ."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import BENCHMARKS, build_parser, main
from bench.figures import Figure, machine, table, write
from bench.load import TOKEN
from bench.processes import app, load, upstream
from bench.requests import WORD, chat, form
from playground.app.form.form import Form, build_request

ROOT = Path(__file__).parents[1]
FIGURES = (
    Figure("stream", "last token", 1.013, "x", 1.02, "10.13 s / 10.00 s"),
    Figure("visitors", "memory", 301.4, "MB", 300),
    Figure("start", "ratio", 1.5),
)


def test_the_command_line() -> None:
    arguments = build_parser().parse_args(["stream", "cpu", "--quick", "--json", "x.json"])
    assert (arguments.names, arguments.quick, arguments.json) == (["stream", "cpu"], True, Path("x.json"))
    assert build_parser().parse_args([]).names == []


def test_an_unknown_name_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["strem"])
    assert "strem" in capsys.readouterr().err


def test_a_table_says_within_and_over() -> None:
    head, *rows = table(FIGURES).splitlines()
    assert head.split() == ["benchmark", "figure", "measured", "target", "from"]
    assert [row.split("  ")[0] for row in rows] == ["stream", "visitors", "start"]
    assert "1.013 x" in rows[0]
    assert "≤ 1.020 x  within  10.13 s / 10.00 s" in rows[0]
    assert "301 MB" in rows[1]
    assert rows[1].endswith("≤ 300 MB  over")
    assert rows[2].endswith("1.500 x")
    assert len({row.index(" x") for row in (rows[0], rows[2])}) == 1  # right-aligned


def test_figures_are_written_as_json(tmp_path: Path) -> None:
    write(tmp_path / "f.json", FIGURES, machine())
    document = json.loads((tmp_path / "f.json").read_text())
    assert [one["verdict"] for one in document["figures"]] == ["within", "over", ""]
    assert document["machine"]["cpus"] >= 1


def test_upstream_and_app_are_asked_the_same() -> None:
    pace: dict[str, Any] = {"chunks": 3, "per_second": 10.0, "text": WORD}
    sent = build_request(Form.model_validate(form(**pace))).to_wire()
    sent.pop("stream_options")  # one chunk more, which has no token
    assert sent == chat(**pace)
    assert TOKEN.decode() in WORD


def test_a_crowd_is_let_in() -> None:
    with upstream(20, 1000) as source, app(source) as server:
        seen = load(f"{server.url}/gradio_api/exchange", [form() for _ in range(20)])
    assert [one["tokens"] for one in seen] == [20] * 20


def test_every_benchmark_is_in_the_document() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    assert all(f"`{name}`" in text for name in BENCHMARKS)
