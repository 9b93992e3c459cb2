"""What every engine is started with: words, not lines; never a key."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from playground.engines.kinds import ENGINES, find_engine
from playground.engines.kinds.base import Capabilities, Command, Engine, Installation
from playground.engines.kinds.failures import diagnose
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

PYTHON = Installation("python", ("/env/bin/python",))
PROGRAM = Installation("program", ("/env/bin/program",))
DOCKER = Installation("container", ("docker", "run", "lmsysorg/sglang:latest"))
PLACES = (PYTHON, PROGRAM, DOCKER)
MODEL = "deepseek-ai/DeepSeek-V3.2"
KEY = "sk-very-secret-0123456789"


def spec(engine: str, model: str = MODEL, **fields: object) -> LaunchSpec:
    return LaunchSpec.parse({"engine": engine, "model": model} | fields)


def argv(engine: str, place: Installation, **fields: object) -> tuple[str, ...]:
    return ENGINES[engine].command(spec(engine, **fields), place, 30000).argv  # type: ignore[arg-type]


def test_the_engines_of_the_page_are_known() -> None:
    assert set(ENGINES) == {
        *("sglang", "vllm", "llama_cpp", "lmdeploy", "tensorrt_llm", "lightllm", "mindie", "deepseek_infer")
    }
    assert all(engine.needs and engine.source for engine in ENGINES.values())
    with pytest.raises(InvalidLaunch, match=r"ollama.*sglang, vllm") as refused:
        find_engine("ollama")
    assert refused.value.field == "engine"


def test_sglang_is_started_as_the_model_card_says() -> None:
    words = argv("sglang", PYTHON, tensor_parallel=8, trust_remote_code=True)
    assert words[:5] == ("/env/bin/python", "-m", "sglang.launch_server", "--model-path", MODEL)
    rest = " ".join(words[5:])
    assert rest == "--tp-size 8 --trust-remote-code --host 127.0.0.1 --port 30000 --enable-metrics"
    assert argv("sglang", PROGRAM)[:3] == ("/env/bin/program", "serve", MODEL)


def test_vllm_is_a_program_or_a_module() -> None:
    assert argv("vllm", PROGRAM)[:3] == ("/env/bin/program", "serve", MODEL)
    module = ("/env/bin/python", "-m", "vllm.entrypoints.openai.api_server", "--model", MODEL)
    assert argv("vllm", PYTHON)[:5] == module


def test_every_field_is_one_word_after_its_option() -> None:
    fields = {
        "served_name": "name",
        "revision": "main",
        "pipeline_parallel": 2,
        "data_parallel": 3,
        "memory_fraction": 0.5,
        "context_length": 4096,
        "dtype": "bfloat16",
        "kv_cache_dtype": "fp8_e4m3",
        "quantization": "fp8",
        "tool_parser": "hermes",
        "reasoning_parser": "qwen3",
        "chat_template": "/t.jinja",
        "extra": ("--json", '{"a": "b c"}'),
    }
    sglang = argv("sglang", PYTHON, **fields)
    assert sglang[-2:] == ("--json", '{"a": "b c"}')
    for option, value in {
        "--served-model-name": "name",
        "--revision": "main",
        "--pp-size": "2",
        "--dp-size": "3",
        "--mem-fraction-static": "0.5",
        "--context-length": "4096",
        "--dtype": "bfloat16",
        "--kv-cache-dtype": "fp8_e4m3",
        "--quantization": "fp8",
        "--tool-call-parser": "hermes",
        "--reasoning-parser": "qwen3",
        "--chat-template": "/t.jinja",
    }.items():
        assert sglang[sglang.index(option) + 1] == value
    vllm = argv("vllm", PYTHON, **fields)
    assert "--enable-auto-tool-choice" in vllm
    assert vllm[vllm.index("--gpu-memory-utilization") + 1] == "0.5"
    assert vllm[vllm.index("--max-model-len") + 1] == "4096"


def test_a_key_goes_by_variable_to_vllm_and_by_file_to_sglang(tmp_path: Path) -> None:
    vllm = ENGINES["vllm"].command(spec("vllm", api_key=KEY), PROGRAM, 8000)
    assert (vllm.secrets, vllm.files) == (("VLLM_API_KEY",), ())
    assert vllm.shown().startswith('VLLM_API_KEY="$VLLM_API_KEY" ')
    sglang = ENGINES["sglang"].command(spec("sglang", api_key=KEY), PROGRAM, 30000)
    (file,) = sglang.files
    path = tmp_path / f"key{file.suffix}"
    path.write_text(file.text(KEY))
    assert yaml.safe_load(path.read_text()) == {"api-key": KEY}
    there = sglang.with_files({file.placeholder: str(path)})
    assert there.argv[there.argv.index("--config") + 1] == str(path)
    assert file.placeholder not in " ".join(there.argv)
    for command in (vllm, sglang, there):
        assert KEY not in f"{command} {command.shown()}"
    with pytest.raises(InvalidLaunch, match="one --config"):
        ENGINES["sglang"].command(spec("sglang", api_key=KEY, extra=("--config", "a.yaml")), PROGRAM, 30000)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_a_file_holds_any_key_as_it_is(key: str) -> None:
    (file,) = ENGINES["sglang"].command(spec("sglang", api_key=KEY), PROGRAM, 1).files
    assert yaml.safe_load(file.text(key)) == {"api-key": key}


def test_a_shown_command_hides_what_sounds_secret() -> None:
    command = Command(("a", "b c"), {"HF_TOKEN": "hf_1", "X": "y z", "SOME_API_KEY": "k"}, ("KEY",))
    assert command.shown() == """KEY="$KEY" HF_TOKEN="$HF_TOKEN" X='y z' SOME_API_KEY="$SOME_API_KEY" a 'b c'"""


def test_a_container_gets_names_of_variables_and_a_port_on_the_host_only() -> None:
    made = spec("sglang", model="/models/m", api_key=KEY, env={"HF_ENDPOINT": "http://x", "HF_HUB_OFFLINE": "1"})
    command = ENGINES["sglang"].command(made, DOCKER, 30001)
    words = " ".join(command.argv)
    assert words.startswith("docker run --rm --name chat-playground-30001 --gpus all --ipc host ")
    assert "--publish 127.0.0.1:30001:30001 " in words
    assert "--volume /models/m:/models/m:ro " in words
    assert "--env HF_HUB_OFFLINE " in words
    assert "HF_HUB_OFFLINE=1" not in words
    assert command.env["HF_HUB_OFFLINE"] == "1"
    inside = command.argv[command.argv.index("lmsysorg/sglang:latest") + 1 :]
    assert inside[:4] == ("-m", "sglang.launch_server", "--model-path", "/models/m")
    assert inside[inside.index("--config") + 1] == "/run/secrets/playground.yaml"
    assert f"{command.files[0].placeholder}:/run/secrets/playground.yaml:ro" in command.argv
    assert command.cleanup == ("docker", "rm", "--force", "chat-playground-30001")
    assert KEY not in words
    vllm = Installation("container", ("podman", "run", "vllm/vllm-openai:latest"))
    other = ENGINES["vllm"].command(spec("vllm", api_key=KEY), vllm, 8000).argv
    assert "--device nvidia.com/gpu=all" in " ".join(other)
    assert other[other.index("VLLM_API_KEY") - 1] == "--env"
    rocm = Installation("container", ("docker", "run", "rocm/vllm:latest"))
    assert "/dev/kfd" in ENGINES["vllm"].command(spec("vllm"), rocm, 8000).argv
    with pytest.raises(InvalidLaunch, match="colon"):
        ENGINES["vllm"].command(spec("vllm", model="/a:b"), vllm, 8000)


@pytest.mark.parametrize("name", ["sglang", "vllm", "llama_cpp", "lmdeploy", "tensorrt_llm", "lightllm"])
def test_docker_itself_takes_the_words_of_a_container(name: str, tmp_path: Path) -> None:
    # No service is asked: the client reads its options first, and then finds none.
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("docker is not on this machine")
    fields = {"host": "::1", "env": {"A": "b"}} | ({"api_key": KEY} if name in ("sglang", "vllm") else {})
    made = spec(name, model="/models/m", **fields)
    command = ENGINES[name].command(made, Installation("container", (docker, "run", "some/image:tag")), 30000)
    env = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "HOME": str(tmp_path)} | dict(command.env)
    argv = command.with_files({file.placeholder: str(tmp_path / "key.yaml") for file in command.files}).argv
    said = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=30, check=False)
    found = diagnose(name, said.stderr.splitlines(), made, said.returncode)
    assert found is not None
    assert found.title == "The container service is not running", said.stderr


def test_a_container_is_published_on_an_address() -> None:
    for host, published in (("localhost", "127.0.0.1:1:1"), ("::1", "[::1]:1:1"), ("0.0.0.0", "0.0.0.0:1:1")):  # noqa: S104
        assert published in ENGINES["vllm"].command(spec("vllm", host=host), DOCKER, 1).argv
    with pytest.raises(InvalidLaunch) as refused:
        ENGINES["vllm"].command(spec("vllm", host="my.host"), DOCKER, 1)
    assert refused.value.field == "host"


def test_a_path_is_made_whole_since_no_shell_does_it() -> None:
    assert argv("vllm", PROGRAM, model="~/m")[2] == str(Path.home() / "m")
    assert argv("vllm", PROGRAM, model="./m")[2] == str(Path("m").absolute())


def test_the_embedded_llama_cpp_takes_a_file_a_port_and_a_name() -> None:
    command = ENGINES["llama_cpp"].command(spec("llama_cpp", model="/m/Tiny.Q4_1.gguf"), PYTHON, 8080)
    assert command.argv[1:4] == ("-P", "-m", "playground.engines.embedded")
    assert command.argv[4:] == ("--model", "/m/Tiny.Q4_1.gguf", "--port", "8080", "--alias", "Tiny")
    assert (Path(command.env["PYTHONPATH"].split(":")[0]) / "playground").is_dir()
    for change in ({"model": MODEL}, {"api_key": KEY}, {"extra": ("--x",)}, {"context_length": 1}, {"host": "0.0.0.0"}):  # noqa: S104
        with pytest.raises(InvalidLaunch) as refused:
            ENGINES["llama_cpp"].command(spec("llama_cpp", "/m.gguf").changed(**change), PYTHON, 8080)
        assert refused.value.field in change


def test_llama_server_reads_a_file_or_a_repository() -> None:
    words = argv("llama_cpp", PROGRAM, model="/m.gguf", context_length=4096, served_name="m")
    assert " ".join(words[1:]) == (
        "--model /m.gguf --host 127.0.0.1 --port 30000 --alias m --ctx-size 4096 --jinja --metrics"
    )
    assert argv("llama_cpp", PROGRAM, model="a/b")[1:3] == ("--hf-repo", "a/b")


def test_the_other_servers_have_their_own_words() -> None:
    lmdeploy = " ".join(argv("lmdeploy", PROGRAM, tensor_parallel=2)[1:])
    assert lmdeploy == f"serve api_server {MODEL} --server-name 127.0.0.1 --server-port 30000 --tp 2"
    trt = " ".join(argv("tensorrt_llm", PROGRAM, tensor_parallel=2, trust_remote_code=True)[1:])
    assert trt == f"{MODEL} --host 127.0.0.1 --port 30000 --tp_size 2 --trust_remote_code"
    lightllm = " ".join(argv("lightllm", PYTHON, model="/m", tensor_parallel=2)[1:])
    assert lightllm == "-m lightllm.server.api_server --model_dir /m --host 127.0.0.1 --port 30000 --tp 2"
    with pytest.raises(InvalidLaunch, match="can serve only a folder"):
        argv("lightllm", PYTHON)
    for name in ("lmdeploy", "tensorrt_llm"):
        with pytest.raises(InvalidLaunch) as refused:
            argv(name, PROGRAM, api_key=KEY)
        assert refused.value.field == "api_key"


def test_what_is_no_server_to_launch_says_so() -> None:
    with pytest.raises(InvalidLaunch, match=r"config\.json") as refused:
        argv("mindie", PROGRAM)
    assert "30000" in refused.value.advice
    with pytest.raises(InvalidLaunch, match="no OpenAI-compatible server") as refused:
        argv("deepseek_infer", PROGRAM)
    assert "SGLang or vLLM" in refused.value.advice
    assert not ENGINES["mindie"].launchable
    assert not ENGINES["deepseek_infer"].launchable
    with pytest.raises(InvalidLaunch, match="cannot be started from a python"):
        argv("tensorrt_llm", PYTHON)


def test_what_a_server_can_do_is_known_from_its_flags() -> None:
    plain, full = spec("sglang"), spec("sglang", tool_parser="hermes", reasoning_parser="qwen3")
    assert ENGINES["sglang"].capabilities(plain) == Capabilities(tools=False, reasoning=False, json_schema=True)
    assert ENGINES["vllm"].capabilities(full) == Capabilities(tools=True, reasoning=True, json_schema=True)
    bare = spec("sglang", extra=("--grammar-backend", "none"))
    assert ENGINES["sglang"].capabilities(bare).json_schema is False
    assert ENGINES["llama_cpp"].capabilities(plain).tools is None
    assert all(isinstance(engine.capabilities(plain), Capabilities) for engine in ENGINES.values())


WORD = st.from_regex(r"\A[A-Za-z0-9_.-]{0,12}\Z")
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from([MODEL, "/models/m", "~/m", "./m.gguf", "/m with space.gguf", "/a'b\"c.gguf"]),
        "host": st.sampled_from(["127.0.0.1", "::1", "localhost"]),
        "served_name": WORD,
        "revision": WORD,
        "tensor_parallel": st.integers(1, 16),
        "pipeline_parallel": st.integers(1, 4),
        "data_parallel": st.integers(1, 4),
        "memory_fraction": st.none() | st.floats(0.01, 0.99),
        "context_length": st.none() | st.integers(1, 10**7),
        "dtype": WORD,
        "kv_cache_dtype": WORD,
        "quantization": WORD,
        "tool_parser": WORD,
        "reasoning_parser": WORD,
        "chat_template": st.text(max_size=20),
        "trust_remote_code": st.booleans(),
        "extra": st.lists(st.text(max_size=20), max_size=4),
        "env": st.dictionaries(st.from_regex(r"\A[A-Z_]{1,8}\Z"), st.text(max_size=10), max_size=3),
        "api_key": st.none() | st.just(KEY),
    },
)


@given(SPECS, st.sampled_from(sorted(ENGINES)), st.sampled_from(PLACES), st.integers(1, 65535))
def test_any_launch_makes_words_without_control_characters_and_without_the_key(
    fields: dict[str, object], name: str, place: Installation, port: int
) -> None:
    engine: Engine = ENGINES[name]
    try:
        made = LaunchSpec.parse({"engine": name, "model": MODEL} | fields)
        command = engine.command(made, place, port)
    except InvalidLaunch:
        return
    for word in command.argv:
        assert not any(ord(letter) < 32 or ord(letter) == 127 for letter in word)
    assert KEY not in json.dumps([command.argv, dict(command.env), command.cleanup, command.shown()])
    assert all(word in command.argv for word in made.extra)
    shown = shlex.split(command.shown())
    assert tuple(shown[len(shown) - len(command.argv) :]) == command.argv
