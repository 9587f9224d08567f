"""What bfloat16 costs in quality: the same trainings in float32 and in bf16, over seeds, on two data sets.

    python bench/speed_bf16.py [--quick] [--again]

`seqloom compare` trains a Transformer with either precision, three seeds each, alike in all else, and tells the two
apart if it can: reviews (NSMC: 20,000 of its training set, measured on 5,000 of its dev set) and translation
(Multi30k, English to German, measured on its validation set). Comparisons go to runs/bench/bf16, and go on there where
they were stopped; --again begins anew, --quick trains a few steps on a few rows and writes no result. Reads the data
folder named by SEQLOOM_DATA (../shared/data).
"""

import argparse
import gzip
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidebyside.results import keep

import seqloom

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEQLOOM_DATA", ROOT.parent / "shared" / "data"))
FOLDER = ROOT / "runs" / "bench" / "bf16"
FLOAT, HALF = "transformer", "transformer+fit.precision=bf16"
SEEDS = 3
QUICK_STEPS, QUICK_ROWS = 6, 200


@dataclass(frozen=True)
class Case:
    """A data set: the task, its two files, and how long is trained."""

    name: str
    task: str
    train: str
    test: str
    steps: int
    settings: tuple[str, ...]


REVIEWS = ("fit.batch_tokens=2048", "fit.warmup=60", "fit.valid_every=100")
PAIRS = (
    *("source.vocab=4000", "target.vocab=4000", "source.lowercase=true", "target.lowercase=true"),
    *(f"{part}.size=128" for part in ("source", "target", "encoder", "decoder")),
    *(f"{part}.{name}" for part in ("encoder", "decoder") for name in ("inner=512", "layers=2")),
    *("fit.batch_tokens=2048", "fit.warmup=250", "fit.lr=0.002", "fit.valid_every=500"),
)
CASES = (
    Case("NSMC, 20,000 reviews", "classify", "nsmc.train.tsv", "nsmc.test.tsv", 300, REVIEWS),
    Case("Multi30k, English to German", "translate", "m30k.train.tsv", "m30k.test.tsv", 1000, PAIRS),
)
COLUMNS = ("data", "updates", "measure", "float32", "bf16", "bf16 - float32", "")


def main() -> None:
    """Compare on each data set, and keep the table."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--quick", action="store_true", help="a few steps, to see that it runs; nothing is kept")
    made.add_argument("--again", action="store_true", help="forget the comparisons that are there")
    asked = made.parse_args()
    folder = FOLDER.with_name("bf16-quick") if asked.quick else FOLDER
    if asked.again or asked.quick:
        shutil.rmtree(folder, ignore_errors=True)
    prepare(folder, QUICK_ROWS if asked.quick else None)
    rows = [row(case, compared(case, folder, QUICK_STEPS if asked.quick else case.steps)) for case in CASES]
    for one in rows:
        print(" | ".join(map(str, one)))
    if not asked.quick:
        intro = (
            f"The same Transformer trained in float32 and in bf16, {SEEDS} seeds each. Means with 95 % intervals over "
        )
        intro += "seeds and rows; the difference with its own. Made by `seqloom compare`; see bench/speed_bf16.py."
        keep("bf16", "What bfloat16 costs in quality", intro, COLUMNS, rows)


def compared(case: Case, folder: Path, steps: int) -> dict[str, Any]:
    """Return the comparison of a case, gone on with where it was stopped."""
    out = folder / case.task
    begun = (out / "plan.json").exists() or (out / "cells").exists()
    found = seqloom.compare(
        case.task,
        str(folder / case.train),
        [FLOAT, HALF],
        seeds=SEEDS,
        budget=f"{steps}steps",
        tune=0,
        test=str(folder / case.test),
        cost_seconds=0,
        workers=os.cpu_count() or 1,
        settings=case.settings,
        out=str(out),
        resume=begun,
        say=print,
    )
    whole: dict[str, Any] = found.to_dict()
    return whole


def row(case: Case, told: dict[str, Any]) -> list[Any]:
    """Return the line of a case: both means, their difference, and whether bf16 stays within float32's interval."""
    single, half = (next(one for one in told["archs"] if one["arch"] == arch) for arch in (FLOAT, HALF))
    pair, measure = told["pairs"][0], told["measure"]
    sign = 1 if pair["a"] == HALF else -1
    low, high = sorted((sign * pair["low"], sign * pair["high"]))
    within = single["hlow"] <= half["mean"] <= single["hhigh"] and low <= 0 <= high
    return [
        case.name,
        single["steps"],
        f"{measure['name']} ({'more' if measure['higher'] else 'less'} is better)",
        _span(single["mean"], single["hlow"], single["hhigh"]),
        _span(half["mean"], half["hlow"], half["hhigh"]),
        _span(sign * pair["difference"], low, high),
        "within" if within else "OUTSIDE",
    ]


def _span(mean: float, low: float, high: float) -> str:
    return f"{mean:.4g} ({low:.4g} to {high:.4g})"


def prepare(folder: Path, most: int | None) -> None:
    """Write the files that the comparisons read, of `most` rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, file, count in (("train", "ratings_train", 20_000), ("test", "ratings_dev", 5_000)):
        with gzip.open(DATA / "nsmc" / f"{file}.txt.gz", "rt", encoding="utf-8") as lines:
            cells = (line.rstrip("\n").split("\t") for line in lines)
            next(cells)
            rows = [(one[1], one[2]) for one in cells if len(one) == 3 and one[1].strip()][:count]
        _write(folder / f"nsmc.{part}.tsv", [("text", "label"), *rows[:most]])
    for part, file in (("train", "train"), ("test", "val")):
        sides = []
        for language in ("en", "de"):
            with gzip.open(DATA / "multi30k" / f"{file}.{language}.gz", "rt", encoding="utf-8") as lines:
                sides.append([" ".join(line.split()) for line in lines])
        _write(folder / f"m30k.{part}.tsv", [pair for pair in zip(*sides, strict=True) if all(pair)][:most])


def _write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    text = "".join("\t".join(row) + "\n" for row in rows)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
