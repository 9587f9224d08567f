"""onnxruntime with an exported nn.GRU or nn.LSTM, one step a call. The work is that of bench/peers/seqloom_step.py."""

import io

import numpy as np
import onnxruntime
import torch
from answering import Once, Work, serve
from torch import nn


def make(work: Work) -> Once:
    """Export a layer that reads one step and its state, and load it."""
    torch.manual_seed(0)
    size, steps = work["size"], work["steps"]
    layer = {"gru": nn.GRU, "lstm": nn.LSTM}[work["cell"]](size, size).eval()
    zero, written = torch.zeros(1, 1, size), io.BytesIO()
    states = ["h", "c"] if work["cell"] == "lstm" else ["h"]
    torch.onnx.export(
        layer,
        (torch.randn(1, 1, size), (zero, zero) if work["cell"] == "lstm" else zero),
        written,
        dynamo=False,
        input_names=["x", *states],
        opset_version=17,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = work["threads"]
    session = onnxruntime.InferenceSession(written.getvalue(), options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal((1, 1, size), dtype=np.float32)

    def once() -> float:
        state = [zero.numpy()] * len(states)
        for _ in range(steps):
            _, *state = session.run(None, {"x": x, **dict(zip(states, state, strict=True))})
        return steps

    return once


if __name__ == "__main__":
    serve(f"onnxruntime {onnxruntime.__version__}", make)
