"""What bf16 and int8 cost in quality, on runs that were trained.

    python bench/speed_precision.py KIND=RUN=DATA ... [--quick]

KIND says which measure of `seqloom evaluate` counts: bleu, accuracy or loss (nats). DATA is a file as the run's
training had it (`-`: what it held out); a pair of files with a comma between. For instance

    python bench/speed_precision.py bleu=runs/translate=test.de,test.en accuracy=runs/nsmc=dev.tsv loss=runs/text=-

int8 may become the default where it costs at most 0.3 BLEU, 0.2 points of accuracy or 0.01 nats. `--quick` writes
nothing.
"""

import argparse
import sys
from typing import Any

from sidebyside.results import keep

import seqloom
from seqloom.kernels.decoder_step import PRECISIONS
from seqloom.training.run import Run

KINDS = {"bleu": ("BLEU", 1.0, -1, 0.3), "accuracy": ("accuracy, %", 100.0, -1, 0.2), "loss": ("nats", 1.0, 1, 0.01)}
"""By name: what it is called, what it is multiplied by, the direction that is worse, and what int8 may cost."""


def measured(kind: str, path: str, data: str) -> list[Any]:
    """Return the row of a run: its measure at each precision, and whether int8 stays within what it may cost."""
    title, factor, worse, allowed = KINDS[kind]
    run: Run = seqloom.load(path)
    values = []
    for precision in PRECISIONS:
        found = run.evaluate(None if data == "-" else data, precision=precision)
        values.append(factor * found[kind])
        print(f"{path} {precision}: {title} {values[-1]:.4f}", flush=True)
    cost = worse * (values[-1] - values[0])
    said = "within" if cost <= allowed else "ABOVE"
    return [path, title, *(f"{one:.3f}" for one in values), f"{cost:+.3f}", f"{said} {allowed}"]


def main() -> int:
    """Measure every run that was named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="KIND=RUN=DATA")
    parser.add_argument("--quick", action="store_true", help="write nothing")
    asked = parser.parse_args()
    named = [one.split("=") for one in asked.runs]
    if wrong := [one for one in named if len(one) != 3 or one[0] not in KINDS]:
        parser.error(f"{'='.join(wrong[0])}: say KIND=RUN=DATA, KIND being {', '.join(KINDS)}")
    rows = [measured(*one) for one in named]
    if not asked.quick:
        columns = ("run", "measure", *PRECISIONS, "int8 costs", "may cost")
        intro = (
            "Each run measured with its weights at three precisions, activations rounded too where products are int8."
        )
        keep("precision", "What a precision costs", intro, columns, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
