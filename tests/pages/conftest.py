"""What a comparison would tell, made up."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def made() -> Callable[..., dict[str, Any]]:
    """Return `made_told.made`."""
    found = importlib.util.spec_from_file_location(
        "made_told", Path(__file__).parents[1] / "comparing" / "made_told.py"
    )
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made: Callable[..., dict[str, Any]] = module.made
    return made
