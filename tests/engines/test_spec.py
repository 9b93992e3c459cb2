"""What is to be launched: what is refused, and that nothing valid can become two arguments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from playground.engines.spec import LaunchSpec, is_path
from playground.errors import InvalidLaunch

GOOD = {"engine": "sglang", "model": "deepseek-ai/DeepSeek-V3.2"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "a;rm -rf /"}, "model"),
        ({"model": "a$(id)"}, "model"),
        ({"model": "a`id`"}, "model"),
        ({"model": "a b"}, "model"),
        ({"model": "a|b"}, "model"),
        ({"model": "a/b/c"}, "model"),
        ({"model": ""}, "model"),
        ({"model": "--model"}, "model"),
        ({"model": "-x.gguf"}, "model"),
        ({"model": "../../etc/passwd"}, "model"),
        ({"model": "/models/../../etc"}, "model"),
        ({"model": "./a/../../b"}, "model"),
        ({"model": "/models/a\nb"}, "model"),
        ({"model": "/models/a\x00b"}, "model"),
        ({"model": "owner/name\n"}, "model"),
        ({"port": 99999}, "port"),
        ({"port": 0}, "port"),
        ({"port": -1}, "port"),
        ({"port": "http"}, "port"),
        ({"host": "127.0.0.1 --x"}, "host"),
        ({"host": "-h"}, "host"),
        ({"revision": "main;id"}, "revision"),
        ({"dtype": "--x"}, "dtype"),
        ({"tool_parser": "a b"}, "tool_parser"),
        ({"reasoning_parser": "a\n"}, "reasoning_parser"),
        ({"served_name": "a b"}, "served_name"),
        ({"name": "-"}, "name"),
        ({"chat_template": "--x"}, "chat_template"),
        ({"chat_template": "a\nb"}, "chat_template"),
        ({"extra": ["--x\n--y"]}, "extra"),
        ({"extra": ["--x\u2028"]}, "extra"),
        ({"extra": ["--api-key", "sk-1"]}, "extra"),
        ({"extra": ["--api-key=sk-1"]}, "extra"),
        ({"extra": ["--api_key", "sk-1"]}, "extra"),
        ({"extra": ["--api-k", "sk-1"]}, "extra"),
        ({"extra": ["--admin-api-key", "sk-1"]}, "extra"),
        ({"extra": ["--hf-token", "hf_1"]}, "extra"),
        ({"extra": ["--host", "0.0.0.0"]}, "extra"),  # noqa: S104 - it is refused
        ({"extra": ["--port=1"]}, "extra"),
        ({"env": {"A B": "1"}}, "env"),
        ({"env": {"A": "\x00"}}, "env"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": "a b"}, "api_key"),
        ({"api_key": "-a"}, "api_key"),
        ({"api_key": "a\nb"}, "api_key"),
        ({"tensor_parallel": 0}, "tensor_parallel"),
        ({"memory_fraction": 1.0}, "memory_fraction"),
        ({"context_length": 0}, "context_length"),
        ({"idle_stop_min": 0}, "idle_stop_min"),
        ({"nonesuch": 1}, "nonesuch"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidLaunch) as refused:
        LaunchSpec.parse(GOOD | change)
    assert refused.value.field == field
    assert refused.value.message.startswith(f"{field}: ")


@pytest.mark.parametrize("key", ["with space", "-dash", "a\nb"])
def test_a_refused_key_is_not_in_the_message(key: str) -> None:
    with pytest.raises(InvalidLaunch) as refused:
        LaunchSpec.parse(GOOD | {"api_key": key})
    assert key not in str(refused.value.to_dict())


def test_what_a_server_needs_is_taken() -> None:
    spec = LaunchSpec.parse(GOOD | {"port": 65535, "extra": ["--api-server-count", "2"], "env": {"A": "a b"}})
    assert (spec.port, spec.is_local, spec.host) == (65535, False, "127.0.0.1")


@pytest.mark.parametrize(
    ("model", "local"), [("/m", True), ("./m", True), ("~/m", True), ("m.gguf", True), ("a/b", False), ("gpt2", False)]
)
def test_a_path_is_told_from_a_name_of_the_hub(model: str, local: bool) -> None:  # noqa: FBT001
    assert LaunchSpec.parse(GOOD | {"model": model}).is_local is local
    assert is_path(model) is local


def test_a_changed_copy_is_checked_too() -> None:
    spec = LaunchSpec.parse(GOOD | {"api_key": "sk-1"})
    assert spec.changed(port=None, extra=("--x",)).extra == ("--x",)
    assert spec.changed(port=1).api_key == SecretStr("sk-1")
    with pytest.raises(InvalidLaunch, match="port"):
        spec.changed(port=99999)


def test_a_key_is_not_in_its_words() -> None:
    spec = LaunchSpec.parse(GOOD | {"api_key": "sk-secret"})
    assert "sk-secret" not in repr(spec)
    assert "sk-secret" not in spec.model_dump_json()


@given(st.text())
def test_no_model_has_a_control_character_or_reads_as_an_option(model: str) -> None:
    try:
        spec = LaunchSpec.parse(GOOD | {"model": model})
    except InvalidLaunch:
        return
    assert spec.model.isprintable() or spec.is_local
    assert not spec.model.startswith("-")
    assert "\n" not in spec.model
