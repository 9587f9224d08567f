"""Training layers whose gates do not read the past, beside the recurrence that they stand in for.

python bench/speed_mingru.py [--quick] [--cpu] [--rows TEXT]
"""

from sidebyside.command import run
from sidebyside.table import Row, Side, Table

SIZES = {"T1024 B8 H256": (1024, 8, 5.0), "T4096 B4 H256": (4096, 4, 9.0)}


def _row(cell: str, name: str, time: int, batch: int, goal: float) -> Row:
    """Return one row: a goal beside nn.GRU, which minLSTM has none of."""
    work = {"time": time, "batch": batch, "input": 256, "size": 256}
    ours, judged = f"Seqloom min{cell}", cell == "GRU"
    beside = {"nn.GRU": goal} if judged else {}
    return Row(f"min{cell} {name}", work, beside, ours=ours, shown=() if judged else ("nn.LSTM",))


TABLE = Table(
    name="mingru",
    title="Training minGRU and minLSTM on long rows",
    intro="Forward and backward of one layer beside torch's layer of the same width, which waits for every step.",
    sides=(
        Side("Seqloom minGRU", "seqloom_recurrent.py", settings=({"cell": "mingru"},)),
        Side("Seqloom minLSTM", "seqloom_recurrent.py", settings=({"cell": "minlstm"},)),
        Side("nn.GRU", "torch_recurrent.py", settings=({"cell": "gru"},)),
        Side("nn.LSTM", "torch_recurrent.py", settings=({"cell": "lstm"},)),
    ),
    rows=tuple(
        _row(cell, name, time, batch, goal) for cell in ("GRU", "LSTM") for name, (time, batch, goal) in SIZES.items()
    ),
)

if __name__ == "__main__":
    run(TABLE)
