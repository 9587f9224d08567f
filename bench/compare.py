"""Comparisons on real data, written to bench/results/compare.md.

    python bench/compare.py [NAME ...] [--page]    rows that are there are not run again; --page writes the page alone

Each row is one `seqloom compare`, run in runs/bench/compare, where `data` is the data folder. A row that was stopped
goes on where it was.
"""

import gzip
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from board import DATA, RESULTS, ROOT, SEQLOOM

FOLDER = Path(os.environ.get("SEQLOOM_BENCH", ROOT / "runs" / "bench" / "compare"))
SHEET = "rnn,gru,lstm,mingru,transformer"
MANY = 140_000
SIZES = {"1k": 1_000, "10k": 10_000, "140k": MANY}


@dataclass(frozen=True)
class Row:
    """One comparison: the words after `seqloom compare`, and the table it belongs to."""

    name: str
    table: str
    words: tuple[str, ...]

    @property
    def command(self) -> list[str]:
        """The words after `seqloom`."""
        return ["compare", *self.words, "--out", f"runs/{self.name}"]


def _rows() -> list[Row]:
    plain = ("-s", "source.tokens=series", "-s", "series.scale=none", "-s", "source.dropout=0")
    plain += ("-s", "heads.number.dropout=0", "-s", "fit.batch_tokens=6400", "-s", "fit.schedule=cosine")
    bare = ("-s", "source.size=16", "-s", "source.letters=none", "-s", "source.casing=false", "-s", "source.dropout=0")
    bare += ("-s", "heads.tags.dropout=0", "-s", "fit.batch_tokens=3840", "-s", "fit.schedule=cosine")
    sheet = "The recurrent sheet of Bai et al. 2018 (arXiv:1803.01271), in small"
    rows = [
        Row(
            "rows-mnist",
            sheet,
            (
                "classify",
                "data/mnist/train-images-idx3-ubyte.gz",
                "--archs",
                SHEET,
                "--match",
                "params=70k",
                "--budget",
                "600steps",
                "--valid",
                "0.05",
                "--test",
                "0.1",
                "-s",
                "source.front=rows",
                "-s",
                "fit.batch_tokens=3584",
                "-s",
                "fit.schedule=cosine",
            ),
        ),
        Row(
            "adding-200",
            sheet,
            (
                "regress",
                "adding/train.tsv",
                "--valid",
                "adding/valid.tsv",
                "--test",
                "adding/test.tsv",
                "--archs",
                SHEET,
                "--match",
                "params=70k",
                "--budget",
                "2500steps",
                "--seeds",
                "2",
                "--tune",
                "0",
                "-s",
                "fit.lr=2e-3",
                *plain,
            ),
        ),
        Row(
            "copy-100",
            sheet,
            (
                "tag",
                "copy/train.tsv",
                "--valid",
                "copy/valid.tsv",
                "--test",
                "copy/test.tsv",
                "--metric",
                "loss",
                "--archs",
                SHEET,
                "--match",
                "params=70k",
                "--budget",
                "600steps",
                "--seeds",
                "2",
                "--tune",
                "0",
                "-s",
                "fit.lr=2e-3",
                "-s",
                "fit.metric=loss",
                *bare,
            ),
        ),
        Row(
            "characters",
            sheet,
            (
                "language",
                "data/tinyshakespeare/input_first95.txt",
                "--archs",
                SHEET,
                "--match",
                "params=400k",
                "--budget",
                "400steps",
                "--valid",
                "0.05",
                "--test",
                "0.05",
                "-s",
                "target.tokens=char",
                "-s",
                "fit.schedule=cosine",
            ),
        ),
        Row(
            "multi30k",
            "The ladder from one fixed vector to the Transformer on Multi30k, at equal minutes",
            (
                "translate",
                "data/multi30k/train.de.gz,data/multi30k/train.en.gz",
                "--valid",
                "data/multi30k/val.de.gz,data/multi30k/val.en.gz",
                "--archs",
                "seq2seq,cho,bahdanau,luong,transformer",
                "--seeds",
                "2",
                "--budget",
                "15m",
                "--tune",
                "0",
                "--metric",
                "bleu",
                "-s",
                "fit.schedule=cosine",
                "-s",
                "decode.rows=200",
            ),
        ),
    ]
    for name, steps in (("1k", 300), ("10k", 600), ("140k", 1500)):
        rows.append(
            Row(
                f"nsmc-{name}",
                "Where does LSTM pass GRU? nsmc at 1k, 10k and 140k reviews",
                (
                    "classify",
                    f"nsmc-{name}.tsv",
                    "--valid",
                    "nsmc-valid.tsv",
                    "--test",
                    "nsmc-test.tsv",
                    "--archs",
                    "gru,lstm",
                    "--seeds",
                    "3",
                    "--budget",
                    f"{steps}steps",
                    "-s",
                    "fit.schedule=cosine",
                ),
            )
        )
    return rows


ROWS = {row.name: row for row in _rows()}


def prepare() -> None:
    """Make what rows read."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "data").exists():
        (FOLDER / "data").symlink_to(DATA.resolve())
    for what, more in (("adding", ["--rows", "12000", "--length", "200"]), ("copy", ["--rows", "12000"])):
        if not (FOLDER / what).exists():
            subprocess.run([SEQLOOM, "make-data", what, what, *more], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    if not (FOLDER / "nsmc-test.tsv").exists():
        head, *lines = _lines(DATA / "nsmc" / "ratings_train.txt.gz")
        chosen = Random(7).sample(lines, min(MANY, len(lines)))
        for name, size in SIZES.items():
            _write(f"nsmc-{name}.tsv", [head, *chosen[:size]])
        head, *lines = _lines(DATA / "nsmc" / "ratings_dev.txt.gz")
        _write("nsmc-valid.tsv", [head, *lines[: len(lines) // 2]])
        _write("nsmc-test.tsv", [head, *lines[len(lines) // 2 :]])


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().rstrip("\n").split("\n")


def _write(name: str, lines: Sequence[str]) -> None:
    (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(row: Row, workers: int) -> dict[str, Any]:
    """Run one comparison, or go on with it, and return what is kept of it."""
    again = ["--resume"] if (FOLDER / "runs" / row.name / "comparison.yaml").exists() else []
    words = [SEQLOOM, *row.command, "--workers", str(workers), *again]
    subprocess.run(words, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    told = json.loads((FOLDER / "runs" / row.name / "comparison.json").read_text(encoding="utf-8"))
    kept = ("measure", "archs", "pairs", "verdict", "versions", "machine", "measured_on", "plan")
    tried = [json.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / "runs" / row.name).glob("tune/*.json")]
    minutes = sum(one.get("seconds") or 0 for one in [*told["cells"], *tried]) / 60
    return {"minutes": minutes} | {one: told[one] for one in kept}


def page(results: Mapping[str, Any]) -> str:
    """Write what is kept as Markdown."""
    lines = ["# Architectures compared", "", INTRO]
    for title in dict.fromkeys(row.table for row in ROWS.values()):
        lines += ["", f"## {title}"]
        for row in ROWS.values():
            if row.table == title:
                lines += ["", f"### {row.name}", "", *_told(results.get(row.name)), "", "```"]
                lines += ["seqloom " + shlex.join(row.command), "```"]
    return "\n".join(lines) + "\n"


INTRO = (
    "One thread a run; commands run in the folder that bench/compare.py makes. Every architecture of a row has the "
    "same rows held out, the same batches and budget, and a learning rate searched for at the same cost; the first "
    "interval is Student's t over seeds, the second over seeds and rows. Times are of a machine of two cores that "
    "other work shared: no measure of speed. A row not reached says `not run` above its command."
)


def _told(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return ["not run"]
    measure = found["measure"]
    times = 100 if measure["unit"] == "points" else 1
    name = f"{measure['name']} ({measure['unit']})"
    lines = [f"| architecture | {name} | over seeds | over seeds and rows | parameters | rate | updates | failed |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for one in found["archs"]:
        cells = [_number(one["mean"], times), _ends(one, "", times), _ends(one, "h", times)]
        cells += ["" if one["parameters"] is None else f"{one['parameters']:,}", f"{one['lr'] or 0:g}"]
        cells += [f"{one['steps'] or 0:,.0f}", str(len(one["failed"]))]
        lines.append(f"| {one['arch']} | {' | '.join(cells)} |")
    lines += ["", *(f"- {sentence}" for sentence in found["verdict"])]
    return [
        *lines,
        "",
        f"Measured on the {found['measured_on']} rows; {found['minutes']:.0f} minutes of training in all.",
    ]


def _ends(one: Mapping[str, Any], kind: str, times: float) -> str:
    low, high = one[f"{kind}low"], one[f"{kind}high"]
    return "" if low is None else f"{_number(low, times)} to {_number(high, times)}"


def _number(value: float | None, times: float) -> str:
    return "" if value is None else f"{value * times:.4g}"


def main(words: Sequence[str]) -> None:
    """Run the rows that are named, or all."""
    kept = RESULTS / "compare.json"
    names = [word for word in words if not word.startswith("--")] or list(ROWS)
    workers = next((int(word.partition("=")[2]) for word in words if word.startswith("--workers=")), 1)
    if "--page" not in words:
        prepare()
        for name in names:
            results = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
            if name not in results:
                found = run(ROWS[name], workers)
                results = (json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}) | {name: found}
                kept.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    results = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    (RESULTS / "compare.md").write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
