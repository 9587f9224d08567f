"""torch.nn's cells one step at a time. The work is that of bench/peers/seqloom_step.py."""

import torch
from answering import Once, Work, serve
from torch import nn


def make(work: Work) -> Once:
    """Build a cell."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    size, steps = work["size"], work["steps"]
    cell = {"gru": nn.GRUCell, "lstm": nn.LSTMCell}[work["cell"]](size, size).eval()
    x = torch.randn(1, size)

    def once() -> float:
        state = None
        with torch.inference_mode():
            for _ in range(steps):
                state = cell(x, state)
        return steps

    return once


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", make)
