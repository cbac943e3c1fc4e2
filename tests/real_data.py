"""Public data that lies beside the repository on some machines; tests of it skip elsewhere."""

from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "shared" / "data"


def real_data(name: str) -> Path:
    """A file of the data, or the test is skipped by the file's name."""
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not here")
    return path
