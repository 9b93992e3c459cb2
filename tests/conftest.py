"""What all tests share: the scriptable upstream, the real embedded model, a real browser."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright holds an event loop of its own until the session ends."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
