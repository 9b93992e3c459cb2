import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import playground

SCHEMA = {"type": "object", "properties": {"a": {"items": {"type": "number"}}}, "required": ["b"]}


@pytest.fixture
def schema(tmp_path: Path) -> str:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return str(path)


def test_each_error_with_its_pointer(schema: str, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text('\ufeff{"a": [1, "12"]}')
    ran = playground("validate", "--schema", schema, str(answer))
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.splitlines() == [
        '(whole answer): the property "b" is missing (required: ["b"])',
        '/a/1: "12" is not a number (type: number)',
    ]


def test_valid_from_standard_input(schema: str) -> None:
    ran = playground("validate", "--schema", schema, "-", stdin=b'{"b": 1}')
    assert (ran.status, ran.out, ran.err) == (0, "valid\n", "")


def test_as_json(schema: str) -> None:
    ran = playground("validate", "--schema", schema, "-", "--json", stdin=b'```json\n{"b": 1, "a": ["x"]}\n```')
    fields = json.loads(ran.out)
    assert (ran.status, fields["outcome"], fields["found"]["where"]) == (1, "not_json", "fence")
    assert [error["pointer"] for error in fields["errors"]] == ["/a/0"]


def test_what_is_no_json(schema: str) -> None:
    ran = playground("validate", "--schema", schema, "-", stdin=b'{"b": \x1b[31m}')
    assert ran.status == 1
    assert ran.out == "Not JSON: line 1, column 7: a value was expected, not U+001B.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "x"}', "line 1, column 10, /type"),
        ('{"type": ', "line 1, column 10: the text ends"),
        ('{"$ref": "https://example.com/s"}', "nothing is fetched"),
        ("\ud800", "not UTF-8: byte 0"),
    ],
)
def test_a_schema_that_is_none(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    for more in ([], ["--json"]):
        ran = playground("validate", "--schema", str(path), "-", *more, stdin=b"{}")
        assert ran.status == 2
        assert said in ran.err
        assert len(ran.err.splitlines()) == 1


def test_files_that_cannot_be_read(schema: str, tmp_path: Path) -> None:
    for words in (["--schema", str(tmp_path / "none"), "-"], ["--schema", schema, str(tmp_path)]):
        ran = playground("validate", *words, stdin=b"{}")
        assert (ran.status, ran.out) == (2, "")
        assert "cannot be read" in ran.err
    assert playground("validate", "--schema", schema).status == 2


def test_hostile_input_is_no_crash(schema: str) -> None:
    assert playground("validate", "--schema", schema, "-", stdin=b"[" * 100_000).status == 1


def test_nothing_slow_is_imported(schema: str) -> None:
    """The page takes seconds to import, the client a part of one: neither is needed to check a file."""
    script = f"import sys; from playground.cli import main; main(['validate', '--schema', {schema!r}, '-'])"
    told = subprocess.run(
        [sys.executable, "-c", f"{script}; print({{'gradio', 'fastapi', 'uvicorn'}} & set(sys.modules))"],
        input=b"{}",
        capture_output=True,
        check=True,
    )
    assert told.stdout.endswith(b"set()\n")
