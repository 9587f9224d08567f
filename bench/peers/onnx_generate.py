"""The character models of bench/peers/eager_models.py exported to ONNX, run by onnxruntime, drawn from by numpy.

The work is that of bench/peers/torch_generate.py.
"""

import io

import numpy as np
import onnxruntime
import torch
from answering import Once, Work, serve
from eager_models import build, start


def make(work: Work) -> Once:
    """Export the model and load it."""
    arch, size, length = work["arch"], work["size"], work["length"]
    model, state = build(arch, "layer", work["vocabulary"], size), start(arch, "layer", size)
    session = session_of(model, (torch.zeros(1, dtype=torch.long), *state), work["threads"], arch == "gpt")
    first = [one.numpy() for one in state]

    def once() -> float:
        token, (one, other), written = np.zeros(1, np.int64), first, []
        draw = np.random.default_rng(0)
        for _ in range(length):
            logits, one, other = session.run(None, {"token": token, "one": one, "other": other})
            odds = np.exp(logits - logits.max())
            place = np.searchsorted(np.cumsum(odds), draw.random() * odds.sum())
            token = np.array([min(place, len(odds) - 1)])
            written.append(int(token[0]))
        return len(written)

    return once


def session_of(
    model: torch.nn.Module, inputs: tuple[torch.Tensor, ...], threads: int, grows: bool
) -> onnxruntime.InferenceSession:
    """Export a step (token, one, other) -> (logits, one, other); `grows`: axis 2 of what it remembers does."""
    written = io.BytesIO()
    axes = {name: {2: name} for name in ("one", "other")} | {f"{name}_after": {2: "after"} for name in ("one", "other")}
    torch.onnx.export(
        model,
        inputs,
        written,
        dynamo=False,
        input_names=["token", "one", "other"],
        output_names=["logits", "one_after", "other_after"],
        dynamic_axes=axes if grows else None,
        opset_version=17,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(written.getvalue(), options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    serve(f"onnxruntime {onnxruntime.__version__}", make)
