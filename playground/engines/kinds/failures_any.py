"""Failures that all engines share: arguments, the Hub, the machine, memory.

The Hub's messages are those of huggingface_hub 2.4 and transformers; the memory's those of PyTorch.
"""

from playground.engines.kinds.failure_rules import another_port, choice, rule, smaller_context, without_words

ARGUMENTS = (
    rule(
        r"^(?:ERROR: *|OSError: )\[Errno (?:98|48)\].*[Aa]ddress already in use|couldn't bind HTTP server socket"
        r"|port is already allocated",
        "The port is already in use",
        "Another program is listening on it. Use another port, or end that program.",
        another_port,
        fatal=True,
    ),
    rule(
        r"error: unrecognized arguments: (?P<words>.+)",
        "The engine does not know an argument",
        "This version has no {words}. Correct it in the extra arguments, or remove it.",
        without_words,
    ),
    rule(
        r"error: argument (?P<option>-\S+): invalid choice: '(?P<value>[^']*)' \(choose from (?P<choices>.+)",
        "The engine does not know {value}",
        "{option} takes one of: {choices}",
        choice,
    ),
    rule(
        r"^\S[\w. -]*: error: (?P<what>.+)",
        "The engine rejected an argument",
        "It said: {what}",
    ),
)
HUB = (
    rule(
        r"Repo id must (?:be in the form|use alphanumeric)",
        "There is no such folder",
        "The model was given as a path, but nothing is there. Correct the path.",
    ),
    rule(
        r"You are trying to access a gated repo|Cannot access gated repo|GatedRepoError",
        "The model is gated",
        "Accept its licence on the model's page on the Hub, then set HF_TOKEN to a token of that account.",
    ),
    rule(
        r"is not a valid git identifier|Revision Not Found for url|RevisionNotFoundError",
        "There is no such revision",
        "Use a branch, tag or commit that the model's page lists, or leave it empty.",
        lambda _found, spec: ({"revision": ""}, "Use the main revision") if spec.revision else ({}, ""),
    ),
    rule(
        r"is not a valid model identifier|is not a local folder or a valid repository name|Repository Not Found for url"
        r"|RepositoryNotFoundError",
        "There is no such model on the Hub",
        "Check the spelling of owner/name. A private model needs HF_TOKEN.",
    ),
    rule(
        r"We couldn't connect to '[^']+'|LocalEntryNotFoundError|cannot find the requested files in the local cache"
        r"|Cannot find an appropriate cached snapshot|OfflineModeIsEnabled|outgoing traffic has been disabled"
        r"|Temporary failure in name resolution|Failed to resolve 'huggingface\.co'",
        "The Hub cannot be reached",
        "Connect the machine, or give the path of a folder that holds the model.",
    ),
    rule(
        # Not the bare words: vLLM prints its whole configuration, and they are in it.
        r"contains custom code which must be executed|(?:option|argument) `trust_remote_code=True`"
        r"|`trust_remote_code=True` in LLM",
        "The model needs its own code to run",
        "That code runs only with trust_remote_code. Read it first: it runs with all your permissions.",
        lambda _found, _spec: ({"trust_remote_code": True}, "Allow the model's own code"),
    ),
)
MACHINE = (
    rule(
        r"No space left on device|Disk quota exceeded|not enough free disk space",
        "The disk is full",
        "Free space where the models are kept (HF_HOME, else ~/.cache/huggingface), and start again: the download "
        "resumes.",
    ),
    rule(
        r"Cannot connect to the Docker daemon|Cannot connect to Podman",
        "The container service is not running",
        "Start it, or install the engine in a Python environment.",
    ),
    rule(
        r'could not select device driver ""|unresolvable CDI devices|nvidia-container-cli: ',
        "The container has no access to a GPU",
        "Install the NVIDIA Container Toolkit, and restart the container service.",
    ),
    rule(
        r"Failed to infer device type|No accelerator \(CUDA|Found no NVIDIA driver|No CUDA GPUs are available"
        r"|Torch not compiled with CUDA enabled|CUDA driver version is insufficient|no CUDA-capable device",
        "The engine finds no GPU",
        "Install the driver, or a build of the engine for this machine's kind: CUDA, ROCm, or CPU.",
    ),
    rule(
        r"invalid device ordinal",
        "There are fewer GPUs than parts",
        "Split the model over the GPUs that exist: check tensor, pipeline and data parallel.",
    ),
    rule(
        r"^(?:ModuleNotFoundError|ImportError): (?P<what>.+)",
        "The engine's environment is incomplete",
        "{what}. Install the engine again, in an environment of its own.",
    ),
    rule(
        r"exit code: -9\)|Failed core proc\(s\): \{[^}]*: -9",
        "The operating system killed a part of the engine",
        "The machine ran out of main memory. Free memory, or use a smaller model or context.",
    ),
)
MEMORY = (
    rule(
        r"torch\.(?:cuda\.)?OutOfMemoryError|(?:CUDA|HIP) out of memory|CUDA error: out of memory|hipErrorOutOfMemory",
        "The GPU ran out of memory",
        "Use a shorter context or a smaller share of the memory for the cache, split the model over more GPUs, "
        "or end what else uses this GPU.",
        smaller_context,
    ),
)
LLAMA = (
    rule(
        r"there is no file \S+|failed to open GGUF file",
        "There is no such model file",
        "Correct the path of the GGUF file.",
    ),
    rule(
        r"invalid magic characters: .*expected 'GGUF'",
        "The model file is not a GGUF file",
        "Use a file whose name ends in .gguf; a folder of safetensors is for SGLang or vLLM.",
    ),
    rule(
        r"failed to load model|the model could not be loaded",
        "The model file cannot be loaded",
        "It may be truncated, or newer than this llama.cpp: download it again, or upgrade.",
    ),
)
