"""A whole training run on Multi30k beside JoeyNMT's: the same files, sizes and batches of tokens.

python bench/speed_joeynmt.py [--quick] [--cpu]
"""

from sidebyside.command import run
from sidebyside.table import Goal, Row, Side, Table

WORK = {"vocabulary": 8000, "size": 256, "heads": 4, "layers": 3, "inner": 1024, "tokens": 4096}

TABLE = Table(
    name="joeynmt",
    title="A whole training run",
    intro="Multi30k, English to German, read from files by each trainer: words, 8,000 a side, 3 + 3 layers of 256, 4 "
    "heads, 1,024 inside, dropout 0.1, Adam, batches of 4,096 tokens with their padding. Each runs its own loop, with "
    "its own way to make batches; what counts are tokens of the target. JoeyNMT knows no bfloat16 on a CPU.",
    sides=(
        Side("Seqloom, bfloat16", "seqloom_run.py", settings=({"precision": "bf16"},)),
        Side("Seqloom, float32", "seqloom_run.py", settings=({"precision": "fp32"},)),
        Side("JoeyNMT", "joeynmt_run.py", environment="joeynmt"),
    ),
    rows=(
        Row(
            "Multi30k, 3+3 width 256",
            WORK,
            {"JoeyNMT": Goal(shipped=4.0, kept=3.0)},
            shown=("Seqloom, float32",),
            amount=None,
            unit="tokens",
        ),
    ),
)

if __name__ == "__main__":
    run(TABLE)
