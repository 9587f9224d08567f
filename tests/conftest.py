"""Settings of the whole suite: one thread for torch, no deadlines for hypothesis."""

import os

import torch
from hypothesis import settings

torch.set_num_threads(1)  # the runner uses one process a core

# Nothing is timed in a test. On CI the examples are the same in every run, so that a failure is one of the change.
settings.register_profile("seqloom", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("seqloom")
