"""Training a Transformer: Seqloom's loop beside a plain one over nn.Transformer, on the same batches.

python bench/speed_transformer.py [--quick] [--cpu]
"""

from sidebyside.command import run
from sidebyside.table import Row, Side, Table

WORK = {"vocabulary": 8000, "size": 256, "heads": 4, "layers": 3, "inner": 1024, "rows": 128}
LOWER = {"type": "bfloat16"}

TABLE = Table(
    name="transformer",
    title="Training a Transformer",
    intro="3 + 3 layers of 256, 4 heads, 1,024 inside, 8,000 tokens a side, dropout 0.1, Adam, clipping; batches of "
    "128 made-up pairs with the lengths of Multi30k, sorted as trainers sort them. Seqloom runs its training loop "
    "whole, the peer the loop of a tutorial; bfloat16 is by autocast on both sides. Tokens are those of the target.",
    sides=(
        Side("Seqloom", "seqloom_transformer.py"),
        Side("Seqloom, bfloat16", "seqloom_transformer.py", settings=(LOWER,)),
        Side("nn.Transformer", "torch_transformer.py"),
        Side("nn.Transformer, bfloat16", "torch_transformer.py", settings=(LOWER,)),
    ),
    rows=(
        Row("Transformer 3+3, width 256", WORK, {"nn.Transformer": 1.25}, amount=None, unit="tokens"),
        Row(
            "Transformer 3+3, width 256, in bfloat16",
            WORK,
            {"nn.Transformer": 1.9},
            ours="Seqloom, bfloat16",
            shown=("nn.Transformer, bfloat16",),
            amount=None,
            unit="tokens",
        ),
    ),
)

if __name__ == "__main__":
    run(TABLE)
