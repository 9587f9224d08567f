"""Training decoders that attend, beside a plain loop over their steps.

python bench/speed_attention.py [--quick] [--cpu] [--rows TEXT]
"""

from typing import Any

from sidebyside.command import run
from sidebyside.table import Row, Side, Table

PLAIN = "plain loop"
SIZES: dict[str, dict[str, Any]] = {
    "width 256": {"input": 256, "size": 256, "memory": 512, "score": 256},
    "width 128": {"input": 128, "size": 128, "memory": 256, "score": 128},
}
LENGTHS = {"batch": 64, "source": 15, "target": 13, "shortest": 3}
"""Multi30k's, German to English by words and marks, sorted by length: the pairs of a batch have as many words in the
target, and some more or fewer in the source."""
WIRINGS: dict[str, tuple[dict[str, Any], float | None]] = {
    "luong without feeding": ({"wiring": "luong"}, 3.0),
    "bahdanau": ({"wiring": "bahdanau"}, 1.5),
    "luong with feeding": ({"wiring": "luong", "feed": True}, None),
}


def _row(wiring: str, cell: str, name: str) -> Row:
    """Return one row; a wiring that has no goal is shown."""
    how, goal = WIRINGS[wiring]
    work = {**how, "cell": cell, **SIZES[name], **LENGTHS}
    wanted = {} if goal is None else {PLAIN: goal}
    return Row(f"{wiring}, {cell.upper()}, {name}", work, wanted, shown=() if wanted else (PLAIN,))


TABLE = Table(
    name="attention",
    title="Training decoders that attend",
    intro="Forward and backward of a decoder of one layer with the additive score, from embedded words and a memory to "
    "hidden vectors, with gradients of both and of all weights: 64 pairs of 13 words and 12 to 15 in the source, as "
    "batches of Multi30k by length have them. The plain loop projects its keys once, steps a cell of torch.nn and "
    "attends at each step.",
    sides=(Side("Seqloom", "seqloom_attention.py"), Side(PLAIN, "torch_attention.py")),
    rows=tuple(_row(wiring, cell, name) for wiring in WIRINGS for name in SIZES for cell in ("gru", "lstm")),
)

if __name__ == "__main__":
    run(TABLE)
