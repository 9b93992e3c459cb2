"""What of this process's environment another program is given: by a list of what it needs, and nothing that is secret.

An engine runs code of the model's repository where it was told so, and prints its settings; a `--version` runs whatever
is first on PATH. Neither is to see the keys of this app, of clouds, or of other servers.
"""

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

_SHORTEST_KEY = 8
# Parts of a name, so that TOKENIZERS_PARALLELISM is none.
_SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:API_?)?(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH|JWT)S?(?:_|$)"
)
# What ends so is a key however short it is, unless it is a switch, as `HF_HUB_DISABLE_IMPLICIT_TOKEN=1`.
_SURELY = re.compile(r"(?i)(?:API_?KEYS?|(?:^|_)TOKEN|SECRET|PASSWORD|PASSWD)$")
_SWITCHES = frozenset({"", "0", "1", "true", "false", "yes", "no", "on", "off"})
HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
_NAMES = frozenset(
    # The system: who, where, in which language.
    "PATH HOME USER LOGNAME SHELL TERM LANG LANGUAGE TZ TZDIR TMPDIR TMP TEMP HOSTNAME SYSTEMROOT "
    # The dynamic linker: CUDA's libraries; tcmalloc, which vLLM advises on a CPU.
    "LD_LIBRARY_PATH LD_PRELOAD DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH VIRTUAL_ENV "
    # Certificates.
    "SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE "
    # Compilers: Triton, torch.compile and FlashInfer build as they start.
    "CC CXX CPP CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH MAX_JOBS "
    # Launches over several machines.
    "MASTER_ADDR MASTER_PORT RANK WORLD_SIZE LOCAL_RANK LOCAL_WORLD_SIZE KUBECONFIG CONTAINER_HOST".split()
)
_PREFIXES = tuple(
    # The system, and Python.
    "LC_ XDG_ PYTHON CONDA_ "
    # GPUs and other accelerators, their libraries, and how they talk to each other.
    "CUDA_ CUDNN_ CUBLAS_ NVIDIA_ NVCC_ NCCL_ NVSHMEM_ ROCR_ HIP_ HSA_ ROCM_ RCCL_ MIOPEN_ AMD_ GPU_ AITER_ ZE_ SYCL_ "
    "ONEAPI_ ASCEND_ HCCL_ TPU_ GLOO_ UCX_ FI_ IBV_ OMPI_ MOONCAKE_ "
    # Threads and arithmetic.
    "OMP_ GOMP_ KMP_ MKL_ OPENBLAS_ NUMEXPR_ NUMBA_ "
    # Frameworks.
    "TORCH PYTORCH_ TRITON_ FLASHINFER_ FLASH_ATTENTION_ XFORMERS_ SAFETENSORS_ TOKENIZERS_ TRANSFORMERS_ "
    # The Hub and its mirrors: where models are kept, and how they are fetched.
    "HF_ HUGGINGFACE_ MODELSCOPE_ "
    # Engines' own.
    "VLLM_ SGLANG_ SGL_ LMDEPLOY_ TM_ TLLM_ TRTLLM_ LIGHTLLM_ LLAMA_ GGML_ RAY_ MIES_ DO_NOT_TRACK "
    # The programs that start containers and clusters: where their daemon is.
    "DOCKER_ CONTAINERS_ PODMAN_ SKYPILOT_ "
    # Coverage in the processes of a test.
    "COVERAGE_ COV_CORE_".split()
)


def is_secret(name: str, value: str) -> bool:
    """Whether a variable of that name holds a key: not a switch or a number, as in `TOKENIZERS_PARALLELISM=false`."""
    if value.lower() in _SWITCHES:
        return False
    return bool(_SURELY.search(name)) or (bool(_SECRET_NAME.search(name)) and is_like_a_key(value))


def is_secret_name(name: str) -> bool:
    """Whether a variable's name says that it holds a key."""
    return bool(_SECRET_NAME.search(name))


def is_like_a_key(value: str) -> bool:
    """Neither a switch, nor a number, nor a path."""
    return len(value) >= _SHORTEST_KEY and not value.replace(".", "").isdigit() and not value.startswith(("/", "./"))


def secrets_in(given: Mapping[str, str]) -> list[str]:
    """The values of an environment that are keys, for masking."""
    return [value for name, value in given.items() if _SECRET_NAME.search(name) and is_like_a_key(value)]


def child_environment(
    given: Mapping[str, str] | None = None, *, downloads: bool = False, also: Iterable[str] = ()
) -> dict[str, str]:
    """The variables that a program of another is given.

    Args:
        given: this process's environment; None for `os.environ`.
        downloads: whether it fetches a model: then the Hub's token is among them, and a proxy's password, which else is
            taken out of its URL.
        also: beginnings of further names; `PIP_` for pip. Keys are not among them either.
    """
    outside = os.environ if given is None else given
    prefixes = (*_PREFIXES, *also)
    found = {
        name: value
        for name, value in outside.items()
        if (name in _NAMES or name.startswith(prefixes)) and not is_secret(name, value)
    }
    for name, value in outside.items():
        if name.lower() in PROXIES:
            found[name] = value if downloads else without_user(value)
        elif downloads and name in HUB_TOKENS:
            found[name] = value
    return found


def without_user(url: str) -> str:
    """A URL without its user and password; what is not a URL stays."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url
