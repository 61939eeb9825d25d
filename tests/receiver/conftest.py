from pathlib import Path

import pytest

from tests.receiver import tiny_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A valid bundle with both tasks; not to be changed."""
    return tiny_bundle.make(tmp_path_factory.mktemp("bundles") / "tiny")
