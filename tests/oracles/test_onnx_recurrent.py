"""Forward numbers against ONNX's reference operators RNN, LSTM and GRU, with random weights.

The reference evaluator (onnx 1.23) reads no `sequence_lens`, so a ragged batch is compared row by row, each cut to its
own length; it knows no relu, for which torch is the oracle. Gate orders differ: ONNX has i o f c and z r h, we have
torch's i f g o and r z n.
"""

from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor

from seqloom.encoders import build_encoder
from seqloom.encoders.encoder import Encoder

INPUT, SIZE = 3, 4
LENGTHS = (6, 2, 5, 1)
OURS = {"rnn": "h", "lstm": "ifgo", "gru": "rzn"}
THEIRS = {"rnn": "h", "lstm": "iofg", "gru": "zrn"}
"""Letters as in our docstrings: ONNX calls g and n by the letters c and h."""
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "rnn": ("RNN", {}, {}),
    "lstm": ("LSTM", {}, {}),
    "gru after": ("GRU", {"reset": "after"}, {"linear_before_reset": 1}),
    "gru before": ("GRU", {"reset": "before"}, {"linear_before_reset": 0}),
}


def sorted_gates(weight: Tensor, kind: str) -> np.ndarray:
    """Put the gates of a weight [gates * size, ...] in ONNX's order."""
    parts = dict(zip(OURS[kind], weight.detach().chunk(len(OURS[kind])), strict=True))
    return torch.cat([parts[gate] for gate in THEIRS[kind]]).numpy()


def reference(
    encoder: Encoder, kind: str, op: str, attributes: dict[str, Any], x: Tensor, direction: str, start: list[Tensor]
) -> list[Tensor]:
    """Run the operator on x [time, 1, input] with the weights of one layer: Y [time, directions, 1, size], Y_h, Y_c."""
    ways = [encoder.stack.cell(0, way) for way in encoder.stack.ways[0]]  # type: ignore[operator, union-attr]
    feed = {
        "X": x.numpy(),
        "W": np.stack([sorted_gates(cell.w_ih, kind) for cell in ways]),
        "R": np.stack([sorted_gates(cell.w_hh, kind) for cell in ways]),
        "B": np.stack([np.concatenate([sorted_gates(b, kind) for b in (cell.b_ih, cell.b_hh)]) for cell in ways]),
    }
    inputs, outputs = ["X", "W", "R", "B", "", "initial_h"], ["Y", "Y_h"]
    feed["initial_h"] = start[0].numpy()
    if op == "LSTM":
        inputs, outputs = [*inputs, "initial_c"], [*outputs, "Y_c"]
        feed["initial_c"] = start[1].numpy()
    node = helper.make_node(op, inputs, outputs, hidden_size=SIZE, direction=direction, **attributes)
    graph = helper.make_graph(
        [node],
        op,
        [helper.make_tensor_value_info(name, TensorProto.DOUBLE, value.shape) for name, value in feed.items()],
        [
            helper.make_tensor_value_info(name, TensorProto.DOUBLE, [None] * (4 if name == "Y" else 3))
            for name in outputs
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    onnx.checker.check_model(model)
    return [torch.tensor(value) for value in ReferenceEvaluator(model).run(None, feed)]


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "bidirectional"])
@pytest.mark.parametrize("case", CASES)
def test_an_encoder_equals_the_operator(case: str, bidirectional: bool) -> None:
    op, options, attributes = CASES[case]
    kind = op.lower()
    g = torch.Generator().manual_seed(0)
    encoder = build_encoder({"kind": kind, "size": SIZE, "bidirectional": bidirectional, **options}, INPUT).double()
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.copy_(torch.randn(weight.shape, generator=g, dtype=torch.float64))
    x = torch.randn(len(LENGTHS), max(LENGTHS), INPUT, generator=g, dtype=torch.float64)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    memory, state = encoder(x, mask)
    for row, length in enumerate(LENGTHS):
        zeros = torch.zeros(1 + bidirectional, 1, SIZE, dtype=torch.float64)
        direction = "bidirectional" if bidirectional else "forward"
        y, h, *c = reference(encoder, kind, op, attributes, x[row, :length, None], direction, [zeros, zeros])
        wanted = y[:, :, 0].flatten(1)  # [time, directions * size]
        torch.testing.assert_close(memory.outputs[row, :length], wanted, atol=1e-12, rtol=1e-12)
        torch.testing.assert_close(memory.summary[row], h[:, 0].flatten(), atol=1e-12, rtol=1e-12)
        for number, way in enumerate(state["0"].values()):
            torch.testing.assert_close(way["h"][row], h[number, 0], atol=1e-12, rtol=1e-12)
            if c:
                torch.testing.assert_close(way["c"][row], c[0][number, 0], atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_an_encoder_goes_on_from_a_state_as_the_operator_does(case: str) -> None:
    op, options, attributes = CASES[case]
    kind = op.lower()
    g = torch.Generator().manual_seed(1)
    encoder = build_encoder({"kind": kind, "size": SIZE, **options}, INPUT).double()
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.copy_(torch.randn(weight.shape, generator=g, dtype=torch.float64))
    x, h, c = (torch.randn(*size, generator=g, dtype=torch.float64) for size in ((1, 5, INPUT), (1, SIZE), (1, SIZE)))
    state = {"0": {"forwards": {"h": h, "c": c} if op == "LSTM" else {"h": h}}}
    memory, _ = encoder(x, torch.ones(1, 5, dtype=torch.bool), state)
    y, *_ = reference(encoder, kind, op, attributes, x.transpose(0, 1), "forward", [h[None], c[None]])
    torch.testing.assert_close(memory.outputs[0], y[:, 0, 0], atol=1e-12, rtol=1e-12)
