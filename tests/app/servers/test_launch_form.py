"""The launch form: what is typed becomes a checked specification, and back; a command that was edited."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from playground.app.servers.launch_choices import command_of
from playground.app.servers.launch_form import FIELDS, MAX_TEXT, port_of, read_command, read_spec, show_spec
from playground.engines.kinds import ENGINES
from playground.engines.kinds.base import Command, SecretFile
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True).filter(lambda word: ".." not in word)
LINE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)
ARGUMENT = LINE.filter(lambda word: not word.startswith("--"))
COUNT = st.integers(1, 1024)
SPECS = st.builds(
    LaunchSpec,
    engine=st.sampled_from(list(ENGINES)),
    model=st.from_regex(r"[a-z0-9]{1,9}/[A-Za-z0-9]{1,9}|(/[a-z0-9 ;$'\"]{1,9}x){1,3}", fullmatch=True),
    name=st.just("") | WORD,
    served_name=st.just("") | WORD,
    revision=st.just("") | WORD,
    dtype=st.just("") | WORD,
    kv_cache_dtype=st.just("") | WORD,
    quantization=st.just("") | WORD,
    tool_parser=st.just("") | WORD,
    reasoning_parser=st.just("") | WORD,
    chat_template=st.just("") | WORD.map(lambda word: f"/a b/{word}.jinja"),
    port=st.none() | st.integers(1, 65535),
    tensor_parallel=COUNT,
    pipeline_parallel=COUNT,
    data_parallel=COUNT,
    context_length=st.none() | st.integers(1, 10**9),
    memory_fraction=st.none() | st.floats(0, 1, exclude_min=True, exclude_max=True),
    idle_stop_min=st.none() | st.floats(0, 10**6, exclude_min=True),
    trust_remote_code=st.booleans(),
    extra=st.lists(ARGUMENT, max_size=4).map(tuple),
    env=st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,9}", fullmatch=True), LINE.map(str.strip), max_size=3),
)
TYPED: dict[str, Any] = {"engine": "sglang", "model": "Qwen/Qwen3-8B"}


@given(SPECS)
def test_what_the_form_shows_it_reads_back(spec: LaunchSpec) -> None:
    shown = show_spec(spec)
    assert set(shown) == set(FIELDS)
    assert read_spec(shown) == spec


def test_what_is_left_to_the_engine_is_an_empty_field() -> None:
    spec = LaunchSpec.parse(TYPED)
    shown = show_spec(spec)
    assert {name for name, value in shown.items() if value} == {"engine", "model"}
    assert read_spec(TYPED) == read_spec(dict.fromkeys(FIELDS) | TYPED) == spec


def test_a_key_is_read_and_never_shown() -> None:
    spec = read_spec(TYPED | {"api_key": " sk-recognisable "})
    assert spec.api_key
    assert spec.api_key.get_secret_value() == "sk-recognisable"
    assert "sk-recognisable" not in str(show_spec(spec)) + repr(spec)


def test_space_around_what_was_typed_is_no_part_of_it() -> None:
    spec = read_spec(TYPED | {"port": " 30000 ", "extra": "--a 'b c' \\\n --d", "env": "\n A = 1 \n\nB=x=y\n"})
    assert (spec.port, spec.extra, spec.env) == (30000, ("--a", "b c", "--d"), {"A": "1", "B": "x=y"})


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("model", ""),
        ("model", "a;rm -rf /"),
        ("model", "$(id)"),
        ("model", "a`id`"),
        ("model", "../../etc/passwd"),
        ("model", "/models/../../etc"),
        ("model", "/a\nb"),
        ("port", "99999"),
        ("port", "0"),
        ("port", "-1"),
        ("port", "http"),
        ("port", "80.5"),
        ("tensor_parallel", "eight"),
        ("memory_fraction", "90 %"),
        ("memory_fraction", "nan"),
        ("memory_fraction", "1"),
        ("idle_stop_min", "-5"),
        ("extra", '--a "b'),
        ("extra", "--a 'b\nc'"),
        ("extra", "--api-key sk-1"),
        ("extra", "--port=1"),
        ("env", "no equals sign"),
        ("env", "A B=1"),
        ("name", "a/b"),
        ("name", "a b"),
        ("served_name", "a b"),
        ("chat_template", "--x"),
        ("api_key", "a b"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(field: str, typed: str) -> None:
    with pytest.raises(InvalidLaunch) as caught:
        read_spec(TYPED | {field: typed})
    assert caught.value.field == field
    assert caught.value.message.startswith(f"{field}: ")


def test_a_refused_key_is_in_no_message() -> None:
    with pytest.raises(InvalidLaunch) as caught:
        read_spec(TYPED | {"api_key": "sk-recognisable with space"})
    assert "recognisable" not in f"{caught.value} {caught.value.advice}"


@pytest.mark.parametrize("engine", [name for name, engine in ENGINES.items() if engine.launchable])
def test_an_unedited_command_is_read_as_it_was(engine: str) -> None:
    model = "/models/a b.gguf" if engine == "llama_cpp" else "/models/a b"
    typed = {"engine": engine, "model": model}
    typed |= {"extra": "--x 'y z' \"it's\"", "env": "A=b c\nHF_TOKEN=hf_recognisable"}
    made = command_of(read_spec(typed), None)
    assert "hf_recognisable" not in made.shown()
    assert read_command(made.shown(), made) == made


def test_a_command_keeps_its_secrets_and_files_when_it_is_edited() -> None:
    file = SecretFile("<file>", "API_KEY", ".yaml", "api-key: {secret}")
    made = Command(("serve", "--config", "<file>"), {"A": "1"}, ("API_KEY", "OTHER"), (file,), ("docker", "rm", "x"))
    edited = read_command("OTHER=\"$OTHER\" A=2 B='x y' serve --config '<file>' --more", made)
    assert edited.argv == ("serve", "--config", "<file>", "--more")
    assert edited.env == {"A": "2", "B": "x y"}
    assert (edited.secrets, edited.files, edited.cleanup) == (made.secrets, made.files, made.cleanup)


def test_a_variable_is_taken_away_or_given_another_value() -> None:
    made = Command(("serve",), {"HF_TOKEN": "hf_1", "A": "1"})
    assert read_command("serve", made).env == {}
    assert read_command("HF_TOKEN=hf_2 serve", made).env == {"HF_TOKEN": "hf_2"}
    assert read_command("B=$HF_TOKEN serve", made).env == {"B": "$HF_TOKEN"}  # no shell expands it


@pytest.mark.parametrize("shell", ["serve; rm -rf /", "serve $(id)", "serve `id`", "serve | tee x", "serve > /etc/x"])
def test_no_shell_reads_an_edited_command(shell: str) -> None:
    argv = read_command(shell, Command(("serve",))).argv
    assert argv == tuple(shell.split())


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        ("", "no program"),
        ("A=1 B=2", "no program"),
        ("serve 'x", "quotes do not match"),
        ("serve 'a\nb'", "line end"),
        ("serve 'a\x00b'", "control character"),
        ("serve --api-key sk-1", "secret"),
        ("serve --api-key=sk-1", "secret"),
        ("serve --hf-token hf_1", "secret"),
    ],
)
def test_what_no_command_can_be(edited: str, said: str) -> None:
    with pytest.raises(InvalidLaunch, match=said) as caught:
        read_command(edited, Command(("serve",), {}, ("API_KEY",)))
    assert caught.value.field == "command"
    assert "sk-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "port"),
    [
        ("serve m --port 8001", 8001),
        ("serve m --port=8001 --x", 8001),
        ("serve m --server-port 8001", 8001),
        ("serve m --ports 8001", 7),
        ("serve m", 7),
        ("serve m --port 8001 --port 8002", 8002),
    ],
)
def test_the_port_of_a_command(words: str, port: int) -> None:
    assert port_of(words.split(), 7) == port


@pytest.mark.parametrize("words", ["--port", "--port x", "--port 0", "--port 99999", "--port=", "--port -1"])
def test_a_command_with_no_port_for_its_port(words: str) -> None:
    with pytest.raises(InvalidLaunch, match="is not a port") as caught:
        port_of(["serve", *words.split()], 7)
    assert caught.value.field == "command"


def test_the_key_of_a_command_stays_with_the_specification() -> None:
    spec = read_spec(TYPED | {"api_key": "sk-recognisable"})
    made = command_of(spec, None)
    assert "sk-recognisable" not in made.shown() + repr(made)
    assert read_command(f"{made.shown()} --more", made).secrets == made.secrets
    assert spec.api_key == SecretStr("sk-recognisable")


@pytest.mark.parametrize("field", ["extra", "env", "model", "port"])
def test_a_field_has_a_length(field: str) -> None:
    typed = {"engine": "vllm", "model": "a/b", field: "A=" + "1" * MAX_TEXT}
    with pytest.raises(InvalidLaunch, match=f"65,538 characters; the limit is {MAX_TEXT:,}") as caught:
        read_spec(typed)
    assert caught.value.field == field


def test_a_command_has_a_length_and_its_port_too() -> None:
    with pytest.raises(InvalidLaunch, match="; the limit is "):
        read_command("A=1 " * MAX_TEXT, Command(("vllm",)))
    variables = " ".join(f"A{n}=1" for n in range(8000))
    assert len(read_command(f"{variables} vllm", Command(("vllm",))).env) == 8000
    with pytest.raises(InvalidLaunch, match="is not a port"):
        port_of(["--port", "9" * 5000], 1)
