"""What all tests share: the scriptable upstream and the real embedded model."""

pytest_plugins = ["tests.fixtures_upstream"]
