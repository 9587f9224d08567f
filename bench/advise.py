"""What `advise` picks, beside the full comparison of the same architectures, written to bench/results/advise.md.

    python bench/advise.py [NAME ...] [--page] [--workers=2]    rows that are there are not run again

Each row is one `seqloom advise` and one `seqloom compare` of the same data, run in runs/bench/advise. The advice holds
where its architecture's mean on test rows lies within one interval of the best mean: the 95 % interval, over seeds and
rows, of the difference of the two reaches 0.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from board import DATA, RESULTS, ROOT, SEQLOOM

FOLDER = Path(os.environ.get("SEQLOOM_BENCH", ROOT / "runs" / "bench" / "advise"))
ARCHS = "bag,rnn,gru,lstm,transformer"
BUDGET, RUN = "1m", "20s"
PAIR = ("--text-column", "sentence1,sentence2", "--label-column", "score")
ONE = ("-s", "fit.threads=1")


@dataclass(frozen=True)
class Row:
    """A small data set: the words of its task and data, and the same valid and test rows for both verbs."""

    name: str
    words: tuple[str, ...]

    @property
    def advising(self) -> list[str]:
        """The words after `seqloom` that advise."""
        return [
            "advise",
            *self.words,
            "-s",
            "data.test=0.2",
            "-s",
            "data.split=7",
            "--archs",
            ARCHS,
            "--budget",
            BUDGET,
            *ONE,
        ]

    @property
    def comparing(self) -> list[str]:
        """The words after `seqloom` that compare."""
        more = ["--seeds", "2", "--budget", RUN, "--tune", "0", *ONE, "--out", f"runs/{self.name}"]
        return ["compare", *self.words, "--test", "0.2", "--archs", ARCHS, *more]


ROWS = {
    name: Row(name, words)
    for name, words in {
        "trec": ("classify", "data/trec/TREC.train", "--valid", "0.1", "--format", "labelled"),
        "sst": ("classify", "data/sst/stsa.binary.train", "--valid", "0.1", "--format", "labelled"),
        "sms": ("classify", "data/sms_spam/sms.train.tsv", "--valid", "0.1"),
        "splice": ("classify", "data/splice/splice.train.csv", "--valid", "0.1", "-s", "source.tokens=kmer"),
        "vowels": ("classify", "data/ts_JapaneseVowels/JapaneseVowels_TRAIN.ts", "--valid", "0.2"),
        "korsts": ("regress", "data/korsts/sts-train.tsv", "--valid", "0.1", *PAIR),
    }.items()
}


def run(row: Row, workers: int) -> dict[str, Any]:
    """Advise and compare, and return what is kept of both."""
    words = [SEQLOOM, *row.advising, "--json"]
    said = subprocess.run(words, cwd=FOLDER, check=True, stdout=subprocess.PIPE, env=_alone())
    advice = json.loads(said.stdout)
    again = ["--resume"] if (FOLDER / "runs" / row.name / "comparison.yaml").exists() else []
    words = [SEQLOOM, *row.comparing, "--workers", str(workers), *again]
    subprocess.run(words, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    told = json.loads((FOLDER / "runs" / row.name / "comparison.json").read_text(encoding="utf-8"))
    return {"advice": advice} | {one: told[one] for one in ("measure", "archs", "pairs", "verdict")}


def _alone() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def judged(found: Mapping[str, Any]) -> tuple[str, str, str, bool]:
    """Return the pick, the best of the full comparison, how they differ, and whether the pick is within an interval."""
    sign = 1 if found["measure"]["higher"] else -1
    known = [one for one in found["archs"] if one["mean"] is not None]
    best = max(known, key=lambda one: sign * one["mean"])["arch"]
    pick = found["advice"]["pick"]
    if pick == best:
        return pick, best, "the same", True
    pair = next(one for one in found["pairs"] if {one["a"], one["b"]} == {pick, best})
    turn = 1 if pair["a"] == best else -1
    ends = sorted(turn * one for one in (pair["low"], pair["high"])) if pair["low"] is not None else [0.0, 0.0]
    told = f"{turn * pair['difference']:+.4f} [{ends[0]:+.4f}, {ends[1]:+.4f}]"
    return pick, best, told, ends[0] <= 0 <= ends[1]


def page(results: Mapping[str, Any]) -> str:
    """Write what is kept as Markdown."""
    lines = ["# What advise picks", "", INTRO, ""]
    lines += ["| data | measure | advised | best of the comparison | best - advised, 95 % | within |"]
    lines += ["|---|---|---|---|---|---|"]
    held = 0
    for row in ROWS.values():
        if row.name not in results:
            lines.append(f"| {row.name} | not run | | | | |")
            continue
        pick, best, told, within = judged(results[row.name])
        held += within
        name, said = results[row.name]["measure"]["name"], "yes" if within else "no"
        lines.append(f"| {row.name} | {name} | {pick} | {best} | {told} | {said} |")
    lines += [
        "",
        f"Within one interval of the best: {held} of {len([one for one in ROWS if one in results])} that ran.",
    ]
    for row in ROWS.values():
        lines += ["", f"## {row.name}", ""]
        if row.name in results:
            means = ", ".join(
                f"{one['arch']} {one['mean']:.4f}" for one in results[row.name]["archs"] if one["mean"] is not None
            )
            lines += [f"Means over two seeds: {means}.", "", *(f"- {one}" for one in results[row.name]["verdict"]), ""]
        lines += ["```", "seqloom " + shlex.join(row.advising), "seqloom " + shlex.join(row.comparing), "```"]
    return "\n".join(lines) + "\n"


INTRO = (
    f"`advise` had {BUDGET} for everything; the comparison gave each architecture {RUN} with each of two seeds, at its "
    "own learning rate, one thread a run, on a machine of two cores that other work shared. Both validate on the same "
    "rows; the comparison measures on test rows that neither saw."
)


def main(words: Sequence[str]) -> None:
    """Run the rows that are named, or all."""
    kept = RESULTS / "advise.json"
    names = [word for word in words if not word.startswith("--")] or list(ROWS)
    workers = next((int(word.partition("=")[2]) for word in words if word.startswith("--workers=")), 1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "data").exists():
        (FOLDER / "data").symlink_to(DATA.resolve())
    results = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for name in [] if "--page" in words else names:
        if name not in results:
            results[name] = run(ROWS[name], workers)
            kept.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    (RESULTS / "advise.md").write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
