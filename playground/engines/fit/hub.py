"""A model by its name or path: its facts, from the Hugging Face Hub or from this machine."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from playground.engines.fit.facts import ModelFacts, TensorSize, model_facts
from playground.engines.fit.folder import INDEX, SINGLE, read_folder, read_json_file, shard_names
from playground.engines.fit.gguf import read_gguf
from playground.engines.fit.unreadable import ModelUnreadable, Reason
from playground.engines.spec import is_path

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_AT_ONCE = 8
_WAIT_S = 10.0
# What the Hub's library raises, in the order in which it is asked after: a gated repository counts as a missing one
# there, and a Hub that does not answer as a missing file.
_TOLD: Mapping[str, tuple[Reason, str, str]] = {
    "HFValidationError": ("missing", "{name} is not the name of a model on the Hub: {said}.", "Give it as owner/name."),
    "GatedRepoError": (
        "gated",
        "{name} is gated: its licence must be accepted first.",
        "Accept it at {hub}/{name} while signed in, then set HF_TOKEN to a token of that account.",
    ),
    "RevisionNotFoundError": ("revision", "{name} has no revision {revision}.", "Give a branch, a tag or a commit."),
    "RepositoryNotFoundError": (
        "missing",
        "The Hub has no model {name}, or it is a private one.",
        "Check the name; for a private model set HF_TOKEN.",
    ),
    "offline": (
        "offline",
        "The Hub at {hub} cannot be reached, and {name} is not in its cache here.",
        "Check the network, or give the path of a folder that has the model.",
    ),
    "EntryNotFoundError": (
        "not_safetensors",
        "{name} has no config.json with safetensors files beside it.",
        "Take the model's repository in safetensors, or fetch its GGUF file and give the path.",
    ),
    "HfHubHTTPError": ("refused", "The Hub refused {name}: {said}.", "Check HF_TOKEN, or try again later."),
}


def read_model(
    model: str,
    revision: str = "",
    *,
    token: str | None = None,
    endpoint: str | None = None,
    cache_dir: Path | None = None,
) -> ModelFacts:
    """The facts of a model. It blocks: a request for each file of weights, of which large models have hundreds.

    Args:
        model: as `LaunchSpec.model` has it: a repository of the Hub, a folder, or a GGUF file.
        revision: of the Hub's repository; "" its main branch.
        token: for the Hub; None takes HF_TOKEN, or the one of `hf auth login`.
        endpoint: another Hub than huggingface.co; None takes HF_ENDPOINT.
        cache_dir: where the Hub's files are kept; None is the Hub library's own.

    Raises:
        ModelUnreadable: it cannot be read; `reason` says why.
        EngineUnavailable: it is not a language model that is known here.
    """
    if is_path(model):
        path = Path(model).expanduser()
        return read_gguf(path) if path.suffix == ".gguf" else read_folder(path)
    from huggingface_hub import HfApi  # slow to import, and not needed for a folder

    reader = _Repository(HfApi(endpoint=endpoint, token=token), model, revision or None, cache_dir)
    try:
        return reader.facts()
    except ModelUnreadable as error:
        # What was fetched before can be read without the Hub.
        snapshot = reader.snapshot() if error.reason == "offline" else None
        if snapshot is None:
            raise
        return read_folder(snapshot, model)


class _Repository:
    """One repository of the Hub, at one revision."""

    def __init__(self, api: "HfApi", name: str, revision: str | None, cache_dir: Path | None) -> None:
        self._api = api
        self._name = name
        self._revision = revision
        self._cache_dir = cache_dir

    def facts(self) -> ModelFacts:
        """Read it."""
        try:
            self._reach()
            config = read_json_file(self._file("config.json"))
            files = self._shards() or [SINGLE]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                tensors = [tensor for found in pool.map(self._header, files) for tensor in found]
        except ModelUnreadable:
            raise
        except Exception as error:  # the Hub's errors, its transport's (which is none of ours), and JSON's
            raise self._told(error) from error
        return model_facts(self._name, config, tensors)

    def snapshot(self) -> Path | None:
        """Its folder in the Hub's cache, if its weights are there."""
        from huggingface_hub import try_to_load_from_cache  # as above

        for name in (INDEX, SINGLE):
            found = try_to_load_from_cache(
                self._name, name, cache_dir=self._cache_dir, revision=self._revision or "main"
            )
            if isinstance(found, str):
                return Path(found).parent
        return None

    def _reach(self) -> None:
        """Raise what the transport does when the Hub cannot be reached, as the library tries again for 20 s first."""
        from huggingface_hub import constants  # as above

        if not constants.HF_HUB_OFFLINE:
            httpx.head(self._api.endpoint, timeout=_WAIT_S)

    def _file(self, name: str) -> Path:
        return Path(
            self._api.hf_hub_download(
                self._name, name, revision=self._revision, cache_dir=self._cache_dir, etag_timeout=_WAIT_S
            )
        )

    def _shards(self) -> list[str]:
        """The files of the weights by the index; none where the weights are one file."""
        from huggingface_hub.errors import EntryNotFoundError  # as above

        try:
            index: Mapping[str, Any] = read_json_file(self._file(INDEX))
        except EntryNotFoundError as error:
            if _is_offline(error):
                raise  # not known, rather than not there
            return []
        return shard_names(index, f"{INDEX} of {self._name}")

    def _header(self, file: str) -> list[TensorSize]:
        """The tensors of one file, of which the Hub sends the beginning only."""
        found = self._api.parse_safetensors_file_metadata(self._name, file, revision=self._revision)
        return [
            TensorSize(name, str(tensor.dtype), tuple(tensor.shape), tensor.data_offsets[1] - tensor.data_offsets[0])
            for name, tensor in found.tensors.items()
        ]

    def _told(self, error: Exception) -> ModelUnreadable:
        """An error of the Hub's library in this app's words."""
        cause = _cause(error)
        names = {kind.__name__ for kind in type(cause).__mro__}
        said = next(iter(str(cause).strip().splitlines()), type(cause).__name__).rstrip(".")
        for kind, (reason, message, advice) in _TOLD.items():
            if kind in names or (kind == "offline" and _is_offline(cause)):
                words = {"name": self._name, "revision": self._revision, "hub": self._api.endpoint, "said": said}
                return ModelUnreadable(message.format(**words), reason=reason, advice=advice.format(**words))
        return ModelUnreadable(f"The files of {self._name} on the Hub cannot be read: {said}.", reason="damaged")


def _cause(error: BaseException) -> BaseException:
    """What is behind the library's "not in the cache", which it says whatever else went wrong."""
    from huggingface_hub.errors import LocalEntryNotFoundError  # as above

    while isinstance(error, LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _is_offline(error: BaseException) -> bool:
    """Whether the Hub did not answer: the transport's error, or the library's own for being told to stay offline."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"LocalEntryNotFoundError", "OfflineModeIsEnabled", "TransportError"})
