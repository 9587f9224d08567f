"""Settings of the whole suite: one thread for torch, no deadlines for hypothesis, no page after each training."""

import os
import sys

import pytest
import torch
from hypothesis import settings

os.environ["SEQLOOM_REPORT"] = "off"  # the tests of pages write them by themselves
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
