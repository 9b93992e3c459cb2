"""Each real engine once, one after the other: two cores do not hold both."""

from collections.abc import Iterator

import pytest

from tests.real_engines.engine import ENGINES
from tests.real_engines.provision import is_there
from tests.real_engines.running import READY_S, Running, running


@pytest.fixture(scope="session", params=list(ENGINES))
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A running engine; all tests that ask the one are run before the other starts."""
    engine = ENGINES[request.param]
    assert is_there(engine), f"{engine.venv} is not ready: run `make test-engines`, which makes it"
    with running(engine) as server:
        yield server


@pytest.fixture(scope="session")
def base_url(server: Running) -> str:
    """Where it answers: ends in /v1."""
    return server.base_url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start an engine of their own come first; the first test of a shared one waits for its start."""
    items.sort(key=lambda item: "server" in getattr(item, "fixturenames", ()))
    for item in items:
        item.add_marker(pytest.mark.timeout(READY_S + 180))
