"""What a run costs: weights, operations, speed, memory, latency; and how far back it reaches."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from seqloom.comparing.cost_flops import flops_of
from seqloom.comparing.cost_horizon import horizon_of
from seqloom.comparing.cost_rows import rows_of
from seqloom.comparing.cost_speed import latency_of, speed_of
from seqloom.comparing.match import embedded
from seqloom.tasks.task import Say
from seqloom.training.peak import cuda_peak, peak
from seqloom.training.run import Run

SECONDS = 10.0
"""Seconds that measuring takes, about. What is timed ends after its share; operations and the horizon, which should be
the same at any time, are worked out whole, and cut short only where one of them takes all of it."""
SPEED, LATENCY = 0.2, 0.25
"""Shares of them."""


def cost_of(
    run: Run, course: Mapping[str, Any], say: Say, *, on: str | None = None, seconds: float = SECONDS
) -> dict[str, Any]:
    """Return what a run costs. Costs that cannot be measured are None, and `say` hears why.

    parameters, parameters_without_embeddings    weights that learn, tied ones once
    flops_forward, flops_train                   operations a token, 2 for each weight that it meets; see `flops_of`
    train_tokens_per_second                      of `course`, as are seconds, steps and tokens
    predict_tokens_per_second                    see `speed_of`
    latency_p50, latency_p95                     milliseconds that one row takes alone; see `latency_of`
    memory, cuda_memory                          bytes that the process, and its tensors on the GPU, held at most
    threads                                      of torch, under which predictions were measured: one, on a CPU
    horizon                                      steps after which 1 % of a change of the State is left; see
                                                 `horizon_of`; None with the reason in horizon_about

    course   what is known of the training, as `course.course` returns it
    on       what rows are taken from, as `Run.evaluate` has it; None: what training held out
    seconds  that it takes, about
    """
    found: dict[str, Any] = {name: course.get(name) for name in ("seconds", "steps", "tokens")}
    found |= {"memory": peak(), "cuda_memory": cuda_peak(run.device)}  # before anything is done here
    total = run.model.parameter_count()
    found |= {"parameters": total, "parameters_without_embeddings": total - embedded(run.model)}
    rows = rows_of(run, on, say)
    with _one_thread():
        forward, training = flops_of(run.model, rows.batches, seconds)
        found |= {"flops_forward": forward, "flops_train": training}
        found["train_tokens_per_second"] = course.get("tokens_per_second")
        found["predict_tokens_per_second"] = speed_of(run, rows, seconds * SPEED)
        found |= latency_of(run, rows, seconds * LATENCY)
        found["threads"] = torch.get_num_threads()
        found |= horizon_of(run, rows.batches, seconds)
    return found


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread inside. Where a machine has other work too, several that wait for one another take a
    hundred times as long (a row of 7 words through a small transformer 400 to 900 ms for 5 to 16, two threads for one
    on two busy cores), and what is measured is that work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
