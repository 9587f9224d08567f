"""Settings of the whole suite: one thread for torch, no deadlines for hypothesis, no page after each training."""

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import settings

from seqloom.kernels.library import Library, native, reason
from seqloom.kernels.switch import VARIABLE

os.environ["SEQLOOM_REPORT"] = "off"  # the tests of pages write them by themselves
os.environ["SEQLOOM_CACHE"] = "off"  # and those of what is kept between starts set a place of their own
torch.set_num_threads(1)  # the runner uses one process a core

# Nothing is timed in a test. On CI the examples are the same in every run, so that a failure is one of the change.
settings.register_profile("seqloom", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("seqloom")


@pytest.fixture(autouse=True)
def _another_standard_input() -> None:
    """Forget what an earlier test of this process read from stdin, which a program keeps as it comes only once."""
    blob = sys.modules.get("seqloom.data.blob")
    if blob is not None:
        blob._stdin.cache_clear()


NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Open a browser; a test that asks for one is skipped where there is none, and says so."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    place = next((found for name in NAMES if (found := shutil.which(name))), None)
    if place is None:
        pytest.skip(f"no browser is installed; looked for {', '.join(NAMES)}")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def native_library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library at the highest level; skips where none was built."""
    monkeypatch.delenv(VARIABLE, raising=False)
    library = native()
    if library is None:
        pytest.skip(f"no native library: {reason()}")
    return library
