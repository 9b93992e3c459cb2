"""Where a request can go: TheRouter, the embedded model, any URL."""

from playground.backends.base import CUSTOM, Backend, BackendState, list_backends, resolve
from playground.backends.catalogue import ModelEntry, parse_models
from playground.backends.probe import probe
from playground.phases import Phase

__all__ = [
    "CUSTOM",
    "Backend",
    "BackendState",
    "ModelEntry",
    "Phase",
    "list_backends",
    "parse_models",
    "probe",
    "resolve",
]
