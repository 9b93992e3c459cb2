"""What all tests share: the scriptable upstream, the real embedded model, a real browser; and who runs beside whom."""

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# No test is timed: on a busy machine a single example may take any time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["tests.fixtures_upstream", "tests.fixtures_model", "tests.fixtures_browser"]


def pytest_configure(config: pytest.Config) -> None:
    """A part of the tests covers a part of the code: the bound in `pyproject.toml` is for all of them."""
    part = config.args_source is not config.ArgsSource.TESTPATHS or config.option.keyword or config.option.markexpr
    coverage = config.pluginmanager.getplugin("_cov")
    if part and coverage is not None:
        coverage.options.cov_fail_under = None


# They launch servers and then look at all processes and ports of the machine: never beside one another.
ENGINES = (
    "engines/launch",
    "engines/process",
    "engines/kinds",
    "app/servers",
    "web/routes/test_servers.py",
    "cli/test_launch.py",
    "cli/test_logs.py",
    "cli/test_engines.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest as one piece is first, and browser tests last: Playwright keeps its event loop to the end."""
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, _piece(item.nodeid) != "engines"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Which tests stay in one process, where `make test` runs several."""
    return Pieces(config, log)


class Pieces(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """Hands out files; those that launch servers are one piece, and so are those of the browser, which wants a core.

    xdist's groups by marker need another pytest.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _piece(nodeid)


def _piece(nodeid: str) -> str:
    file = nodeid.partition("::")[0].removeprefix("tests/")
    if file.startswith(ENGINES):
        return "engines"
    return "browser" if file.startswith("browser/") else file
