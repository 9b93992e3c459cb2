"""What all tests share: the scriptable upstream, the real embedded model, a real browser; and who runs beside whom."""

from pathlib import Path

import pytest
from hypothesis import settings

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


HERE = Path(__file__).parent
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each file stays in one process where `make test` runs several; what takes longest as one piece comes first.

    Browser tests are last: Playwright holds an event loop of its own until the session ends.
    """
    for item in items:
        name = item.path.relative_to(HERE).as_posix()
        group = "engines" if name.startswith(ENGINES) else name
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, bool]:
    marker = item.get_closest_marker("xdist_group")
    return item.get_closest_marker("browser") is not None, marker is None or marker.args[0] != "engines"
