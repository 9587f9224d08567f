"""Training recurrent layers: forward and backward of one layer beside torch's, jax's and Keras'.

python bench/speed_recurrent.py [--quick] [--cpu] [--rows TEXT]
"""

from sidebyside.command import run
from sidebyside.table import Goal, Row, Side, Table

SIZES = {
    "T100 B32 H128": {"time": 100, "batch": 32, "input": 128, "size": 128},
    "T100 B64 H512": {"time": 100, "batch": 64, "input": 512, "size": 512},
    "T784 B64 H128": {"time": 784, "batch": 64, "input": 28, "size": 128, "hidden": False},
}
GOALS = {
    "gru": (2.0, 1.25, 2.0),
    "rnn": (2.4, 1.15, 2.0),
    "lstm": (1.0, 1.0, Goal(shipped=1.4)),
}
NAMES = {"gru": "nn.GRU", "rnn": "nn.RNN", "lstm": "nn.LSTM"}
PEERS = {"jax.lax.scan": 1.0, "Keras": 1.0}


def _whole() -> list[Row]:
    """Return the rows whose batches are full."""
    return [
        Row(f"{cell.upper()} {name}", {"cell": cell, **size}, {NAMES[cell]: goal, **PEERS})
        for cell, goals in GOALS.items()
        for (name, size), goal in zip(SIZES.items(), goals, strict=True)
    ]


def _ragged() -> list[Row]:
    """Return the rows whose batches have lengths."""
    return [
        Row(
            f"{cell.upper()} lengths 10 to 100, {name[5:]}",
            {"cell": cell, **SIZES[name], "shortest": 10},
            {f"packed {NAMES[cell]}": 1.3},
        )
        for cell in ("gru", "lstm")
        for name in ("T100 B32 H128", "T100 B64 H512")
    ]


BF16 = Row(
    "LSTM T100 B64 H512 in bfloat16",
    {"cell": "lstm", **SIZES["T100 B64 H512"]},
    {"nn.LSTM": 1.5},
    ours="Seqloom, bfloat16",
    shown=("nn.LSTM, bfloat16",),
)

TABLE = Table(
    name="recurrent",
    title="Training recurrent layers",
    intro="Forward and backward of one layer: gradients of its weights and of its input (at T784, which reads 28 "
    "numbers a step, of its weights alone). Packed rows are packed and unpacked, as rows of unlike lengths ask for. "
    "Every side uses all cores; bfloat16 is torch's autocast.",
    sides=(
        Side("Seqloom", "seqloom_recurrent.py"),
        Side("Seqloom, bfloat16", "seqloom_recurrent.py", settings=({"type": "bfloat16"},)),
        *(Side(name, "torch_recurrent.py") for name in NAMES.values()),
        *(Side(f"packed {name}", "torch_recurrent.py") for name in ("nn.GRU", "nn.LSTM")),
        Side("nn.LSTM, bfloat16", "torch_recurrent.py", settings=({"type": "bfloat16"},)),
        Side("jax.lax.scan", "jax_recurrent.py", environment="jax"),
        Side("Keras", "keras_recurrent.py", environment="jax"),
    ),
    rows=(*_whole(), BF16, *_ragged()),
)

if __name__ == "__main__":
    run(TABLE)
