"""One file an engine: its command, its log, what it can do."""

from collections.abc import Mapping
from types import MappingProxyType

from playground.engines.kinds.base import Engine
from playground.engines.kinds.deepseek_infer import DeepSeekInfer
from playground.engines.kinds.lightllm import LightLLM
from playground.engines.kinds.llama_cpp import LlamaCpp
from playground.engines.kinds.lmdeploy import LMDeploy
from playground.engines.kinds.mindie import MindIE
from playground.engines.kinds.sglang import SGLang
from playground.engines.kinds.tensorrt_llm import TensorRTLLM
from playground.engines.kinds.vllm import VLLM
from playground.errors import InvalidLaunch

__all__ = ["ENGINES", "find_engine"]

_ALL: tuple[Engine, ...] = (
    SGLang(),
    VLLM(),
    LlamaCpp(),
    LMDeploy(),
    TensorRTLLM(),
    LightLLM(),
    MindIE(),
    DeepSeekInfer(),
)
ENGINES: Mapping[str, Engine] = MappingProxyType({engine.name: engine for engine in _ALL})


def find_engine(name: str) -> Engine:
    """The engine of that name.

    Raises:
        InvalidLaunch: there is none; the known ones are named.
    """
    if name not in ENGINES:
        raise InvalidLaunch(f"there is no engine {name!r}; the known ones are: {', '.join(ENGINES)}.", field="engine")
    return ENGINES[name]
