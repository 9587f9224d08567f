"""What a comparison would tell, made up; and lets tests import the kept runs of every task."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "kept"))
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def made() -> Callable[..., dict[str, Any]]:
    """Return `made_told.made`."""
    found = importlib.util.spec_from_file_location("made_told", Path(__file__).with_name("made_told.py"))
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made: Callable[..., dict[str, Any]] = module.made
    return made
