"""One step at a time, as a live signal comes: beside onnxruntime and torch's cells.

python bench/speed_streaming.py [--quick] [--cpu] [--rows TEXT]
"""

from sidebyside.command import run
from sidebyside.table import Row, Side, Table

STEPS = 100
EACH = ({"threads": 1}, {"threads": 2})

TABLE = Table(
    name="streaming",
    title="Streaming, one step at a time",
    intro="One row; every step reads as many numbers as the layer is wide and waits for the one before. Seqloom steps "
    "its encoder (`encoder.live().push(x)`), onnxruntime the exported nn.GRU or nn.LSTM, torch its cell. Every peer "
    "has the better of one and two threads.",
    sides=(
        Side("Seqloom", "seqloom_step.py"),
        Side("onnxruntime", "onnx_step.py", environment="serving", settings=EACH),
        Side("torch cell", "torch_step.py", settings=EACH),
    ),
    rows=tuple(
        Row(
            f"one step of {cell.upper()} {size}",
            {"cell": cell, "size": size, "steps": STEPS},
            {"onnxruntime": 1.0},
            shown=("torch cell",),
            amount=STEPS,
            unit="steps",
        )
        for cell in ("gru", "lstm")
        for size in (128, 512)
    ),
)

if __name__ == "__main__":
    run(TABLE)
