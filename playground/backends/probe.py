"""Ask a backend how it is, and which models it has."""

from playground.backends.base import Backend, BackendState
from playground.backends.catalogue import MAX_MODELS, parse_models
from playground.base_url import endpoint
from playground.client import Client
from playground.errors import APIStatusError, PlaygroundError
from playground.phases import Phase

UNAUTHORIZED = {401, 403}
STARTING = 503


async def probe(backend: Backend, client: Client, *, key: str | None = None, timeout_s: float = 5) -> BackendState:
    """The state now; never raises. `key` is the visitor's own, if any."""
    target = backend.target
    if backend.fault:
        return BackendState(Phase.UNREACHABLE, f"unreachable: {backend.fault.message}")
    if not target.base_url:
        return BackendState(Phase.LOADING, "loading")
    key = backend.known_key(key)
    if backend.needs_key and not key:
        words = f"no key: paste one, or set {target.key_name}"
        return BackendState(Phase.NO_KEY, words)
    try:
        url = endpoint(target.base_url, "models")
        body = await client.get_json(url, key=key, auth=target.auth, timeout_s=timeout_s)
        models = parse_models(body)
    except APIStatusError as error:
        return _refused(error)
    except PlaygroundError as error:
        return BackendState(Phase.UNREACHABLE, f"unreachable: {error.message}")
    words = "ready" if len(models) < MAX_MODELS else f"ready; the first {MAX_MODELS:,} models are listed"
    return BackendState(Phase.READY, words, models)


def _refused(error: APIStatusError) -> BackendState:
    if error.status_code in UNAUTHORIZED:
        return BackendState(Phase.NO_KEY, f"the key was rejected ({error.status_code})")
    if error.status_code == STARTING:
        return BackendState(Phase.LOADING, "loading: the server returns 503")
    return BackendState(Phase.UNREACHABLE, f"unreachable: {error.advice if error.is_redirect else error.message}")
