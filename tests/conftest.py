"""What all tests share: the scriptable upstream and the real embedded model."""

import pytest

pytest_plugins = ["tests.fixtures_upstream", "tests.fixtures_model"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright holds an event loop of its own until the session ends."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
