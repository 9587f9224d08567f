"""Decoding: sentences written by a Transformer beside CTranslate2 and transformers, by an LSTM beside its eager loop.

python bench/speed_decode.py [--quick] [--cpu] [--rows TEXT]
"""

from sidebyside.command import run
from sidebyside.table import SHIPPED, Row, Side, Table

GOALS = {
    ("small", 1, 1): 1.8,
    ("small", 1, 5): 1.3,
    ("small", 32, 1): 1.0,
    ("small", 32, 5): 1.0,
    ("base", 1, 1): 2.3,
    ("base", 1, 5): 2.0,
    ("base", 32, 1): 1.1,
    ("base", 32, 5): 1.0,
}
"""Beside CTranslate2: shape, sentences, beam."""
CALLED = {"small": "3+3 width 256", "base": "6+6 width 512"}
TYPES = ("float32", "bfloat16", "int8", "int8_bfloat16")
THREADS = ({"threads": 1}, {"threads": 2}, {"threads": 2, "parallel": 2})


def _transformer(shape: str, batch: int, beam: int, goal: float) -> Row:
    """Return a row of a Transformer."""
    search = "greedy" if beam == 1 else f"beam {beam}"
    work = {"arch": "transformer", "shape": shape, "batch": batch, "beam": beam}
    wanted = {"CTranslate2": goal, "transformers generate": 4.0}
    name = f"{CALLED[shape]}, batch {batch}, {search}"
    shown = ["Seqloom float32", *(["nn.Transformer, whole prefix"] if (shape, batch) == ("small", 1) else [])]
    return Row(name, work, wanted, "Seqloom int8", tuple(shown), 30 * batch, "tokens")


def _attention(batch: int, goal: float) -> Row:
    """Return a row of the LSTM with attention, which has no peer but the plain loop over its step."""
    work = {"arch": "attention", "shape": "small", "batch": batch, "beam": 5}
    name = f"LSTM with attention, width 256, batch {batch}, beam 5"
    return Row(name, work, {"eager loop": goal}, "Seqloom int8", ("Seqloom float32",), 30 * batch, "tokens")


TABLE = Table(
    name="decode",
    title="Decoding",
    intro="Models of random weights write 30 tokens to each sentence of 10 to 30, its reading included; 8,000 tokens a "
    "side at width 256, 32,000 at 512. CTranslate2 takes its best of four types and of one or two threads, together or "
    "side by side, transformers its best of two types and of one or two threads. The tutorial "
    "of nn.Transformer runs its decoder over the whole prefix at every step. The eager loop is Seqloom with its native "
    "paths off.",
    sides=(
        Side("Seqloom int8", "seqloom_decode.py", settings=({"precision": "int8"},)),
        Side("Seqloom float32", "seqloom_decode.py", settings=({"precision": "float32"},)),
        Side(
            "CTranslate2",
            "ctranslate2_decode.py",
            environment="serving",
            settings=tuple({"type": kind, **threads} for kind in TYPES for threads in THREADS),
        ),
        Side(
            "transformers generate",
            "transformers_decode.py",
            environment="serving",
            settings=tuple({"type": kind, "threads": n} for kind in ("float32", "bfloat16") for n in (1, 2)),
        ),
        Side("nn.Transformer, whole prefix", "torch_decode.py", settings=({"threads": 1}, {"threads": 2})),
        Side(
            "eager loop",
            "seqloom_decode.py",
            settings=({"precision": "float32", "threads": 1}, {"precision": "float32", "threads": 2}),
            variables={"SEQLOOM_KERNELS": "off"},
            allocators=(SHIPPED,),
        ),
    ),
    rows=(
        *(_transformer(*work, goal) for work, goal in GOALS.items()),
        *(_attention(batch, goal) for batch, goal in ((1, 2.0), (32, 1.5))),
    ),
)

if __name__ == "__main__":
    run(TABLE)
