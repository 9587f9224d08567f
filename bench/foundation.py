"""The foundation shown on real data: accuracy, F1 and nats on dev parts, a command a row.

    python bench/foundation.py [ROW ...]        all rows, or some: nsmc sst trec sms shakespeare

Reads the data folder named by SEQLOOM_DATA (../shared/data). Every row is a `seqloom train` and a `seqloom evaluate`
in processes of their own; results are kept in bench/results/foundation.json, and foundation.md is written from it
anew after each row, so that it can be stopped and gone on with: a row that is there is not run again (--again does).
"""

import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEQLOOM_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "bench" / "results"
RUNS = ROOT / "runs" / "bench"
TREC = RUNS / "trec-coarse.txt"


@dataclass
class Row:
    """One model on one dataset: the words of its command, and what it must reach."""

    group: str
    name: str
    task: str
    data: Path
    arch: str
    settings: list[str]
    metric: str
    seeds: list[int] = field(default_factory=lambda: [7, 8, 9])
    target: float | None = None
    valid: Path | None = None
    format: str | None = None

    def command(self, seed: int) -> list[str]:
        """Return the words after `seqloom` that train it."""
        words = ["train", self.task, _short(self.data), "--arch", self.arch, "--seed", str(seed)]
        words += ["--valid", _short(self.valid)] if self.valid else []
        words += ["--format", self.format] if self.format else []
        for setting in self.settings:
            words += ["-s", setting]
        return words


SMOOTH = ["fit.schedule=cosine", "fit.warmup=50", "fit.metric=accuracy", "fit.patience=null"]
NSMC = [
    *SMOOTH, "source.vocab=16000", "fit.lr=2e-3", "fit.epochs=3", "heads.label.reads=max",
    "source.dropout=0.3", "heads.label.dropout=0.3",
]  # fmt: skip
WORDS = ["source.tokens=word", "fit.batch_tokens=1024", "source.dropout=0.5", "heads.label.dropout=0.5"]
SST = [*SMOOTH, *WORDS, "source.vocab=16000", "source.size=256", "heads.label.reads=attention", "fit.epochs=5"]
QUESTIONS = [
    *SMOOTH, "source.tokens=word", "source.vocab=3000", "source.lowercase=true", "fit.batch_tokens=512",
    "source.dropout=0.4", "heads.label.dropout=0.4", "heads.label.reads=max", "fit.epochs=12",
]  # fmt: skip
SPAM = ["fit.metric=f1/spam", "fit.schedule=cosine", "fit.patience=null", "fit.epochs=6", "fit.batch_tokens=1024",
        "heads.label.reads=max"]  # fmt: skip
NATS = ["fit.schedule=cosine", "fit.warmup=50", "fit.lr=4e-3", "fit.window=64", "fit.batch_tokens=2048",
        "fit.precision=bf16", "fit.threads=1"]  # fmt: skip
GPT = ["fit.schedule=cosine", "fit.warmup=50", "fit.lr=2e-3", "fit.window=128", "fit.batch_tokens=2048",
       "fit.precision=bf16", "fit.threads=1"]  # fmt: skip


def rows() -> list[Row]:
    """List the rows, the most wanted first."""
    nsmc = {"valid": DATA / "nsmc/ratings_dev.txt.gz", "format": "tsv", "seeds": [7]}
    sst = {"valid": DATA / "sst/stsa.binary.dev", "format": "labelled"}
    texts, play = DATA / "nsmc/ratings_train.txt.gz", DATA / "tinyshakespeare/input_first95.txt"
    found = [
        Row("nsmc", f"nsmc {arch}", "classify", texts, arch, NSMC, "accuracy", target=goal, **nsmc)  # type: ignore[arg-type]
        for arch, goal in (("bilstm", 0.855), ("bigru", 0.855))
    ]
    for arch in ("bigru", "bilstm", "lstm", "bag"):
        goal = 0.79 if arch == "bigru" else None
        found.append(
            Row(
                "sst",
                f"sst {arch}",
                "classify",
                DATA / "sst/stsa.binary.train",
                arch,
                SST,
                "accuracy",
                target=goal,
                **sst,
            )  # type: ignore[arg-type]
        )
    found += [
        Row("trec", f"trec {arch}", "classify", TREC, arch, QUESTIONS, "accuracy", target=0.85, format="labelled")
        for arch in ("bigru", "bilstm")
    ]
    found += [
        Row("sms", f"sms {arch}", "classify", DATA / "sms_spam/sms.train.tsv", arch, SPAM, "f1/spam", target=0.94)
        for arch in ("bilstm", "bigru")
    ]
    found += [
        Row("nsmc-others", f"nsmc {arch}", "classify", texts, arch, NSMC, "accuracy", **nsmc)  # type: ignore[arg-type]
        for arch in ("rnn", "lstm", "gru", "transformer")
    ]
    found += [
        Row(
            "shakespeare",
            f"tinyshakespeare {arch}, {minutes} min",
            "language",
            play,
            arch,
            [*more, f"fit.minutes={minutes}"],
            "nats",
            [7],
            goal,
        )
        for arch, more, minutes, goal in (
            ("lstm", [*NATS, "decoder.size=512"], 3, 1.75),
            ("gpt", GPT, 3, None),
            ("lstm", [*NATS, "decoder.size=512", "heads.words.dropout=0.4", "target.dropout=0.1"], 30, 1.55),
            ("gru", [*NATS, "decoder.size=512"], 3, 1.75),
            ("gpt", GPT, 30, None),
        )
    ]
    return found


def main() -> None:
    """Run the rows asked for that have no result yet, then write the table."""
    asked = [word for word in sys.argv[1:] if not word.startswith("-")]
    RUNS.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = RESULTS / "foundation.json"
    results = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    _coarse_trec()
    for row in rows():
        if asked and not any(word in (row.group, row.name) for word in asked):
            continue
        for seed in row.seeds:
            key = f"{row.name} seed {seed}"
            if key in results and "--again" not in sys.argv:
                continue
            value = _run(row, seed)
            print(key, value, flush=True)
            if kept.is_file():  # another process may have added its rows
                results = json.loads(kept.read_text(encoding="utf-8"))
            results[key] = value
            kept.write_text(json.dumps(results, indent=1), encoding="utf-8")
            (RESULTS / "foundation.md").write_text(_markdown(results), encoding="utf-8")
    (RESULTS / "foundation.md").write_text(_markdown(results), encoding="utf-8")


def _run(row: Row, seed: int) -> dict[str, float]:
    out = RUNS / f"{row.name.replace(',', '').replace(' ', '-')}-{seed}"
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    words = [_long(word) for word in row.command(seed)]
    _seqloom([*words, "--out", str(out)])
    seconds = time.perf_counter() - started
    values = json.loads(_seqloom(["evaluate", str(out), "--json"]))
    values = values.get("metrics", values)
    events = [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    end = next(event for event in reversed(events) if event["event"] == "finished")
    begin = next(event for event in events if event["event"] == "started")
    speed = [event["tokens_per_second"] for event in events if event["event"] == "step"]
    return {
        row.metric: values[row.metric],
        "parameters": begin["parameters"],
        "steps": end["step"],
        "seconds": round(seconds, 1),
        "tokens_per_second": round(statistics.median(speed)),
    }


def _seqloom(words: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "seqloom.cli.main", *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode:
        raise SystemExit(f"seqloom {shlex.join(words)}\nended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def _coarse_trec() -> None:
    """Write TREC's questions with their six coarse labels ("DESC:manner How ..." -> "DESC How ...")."""
    lines = (DATA / "trec/TREC.train").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" ", 1) for line in lines]
    TREC.write_text("".join(f"{label.split(':')[0]} {text}\n" for label, text in pairs), encoding="utf-8")


def _short(path: Path) -> str:
    """Write a path as a reader of the table would type it."""
    return f"$DATA/{path.relative_to(DATA)}" if path.is_relative_to(DATA) else path.relative_to(ROOT).as_posix()


def _long(word: str) -> str:
    return word.replace("$DATA", str(DATA)) if word.startswith("$DATA/") else word


def _markdown(results: dict[str, dict[str, float]]) -> str:
    lines = [
        "# The foundation on real data",
        "",
        "Written by `python bench/foundation.py`; `DATA` is the data folder. Scores are on dev parts (nsmc, sst) or on",
        "what is held out of the training file (a tenth for trec and sms, by the seed; the last 5 % of",
        "tinyshakespeare), by the checkpoint that validated best there, so they flatter a little. Test parts were not",
        "used. Two cores of a shared machine: times and speeds are those of a busy day; budgets are the epochs or",
        "minutes in each command. A budget in minutes becomes a number of updates early on, so a machine that turns",
        "busy afterwards overruns it: gpt shared its core with a test suite for most of its time. Where several rows",
        "have the same mark to reach, one of them is asked to.",
        "",
        "Recipes were chosen on these same parts: trec's was the best of 9 tried on the split of seed 7 (subwords",
        "gave 0.813 to 0.855 there), sst's the best of 7 on its dev part. nsmc, sst, trec bigru, and sms bilstm seed 7",
        "ran on earlier commits of the same day; trec bigru and sms bigru, seed 7, were run again on the last and gave",
        "the same.",
        "",
        "| row | score | mean | must reach | parameters | steps | seconds | tokens/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows():
        got = [results[key] for seed in row.seeds if (key := f"{row.name} seed {seed}") in results]
        goal = "" if row.target is None else f"{'<=' if row.metric == 'nats' else '>='} {row.target}"
        if len(got) < len(row.seeds):
            lines.append(f"| {row.name} | not run | | {goal} | | | | |")
            continue
        scores = [one[row.metric] for one in got]
        each = ", ".join(f"{score:.4f}" for score in scores)
        mean = statistics.mean(scores)
        spread = f" +- {statistics.stdev(scores):.4f}" if len(scores) > 1 else ""
        met = "" if row.target is None else " yes" if (mean <= row.target) == (row.metric == "nats") else " **no**"
        first = got[0]
        lines.append(
            f"| {row.name} | {row.metric} {each} | {mean:.4f}{spread} | {goal}{met} | {first['parameters']:,} "
            f"| {first['steps']:,} | {', '.join(str(round(one['seconds'])) for one in got)} "
            f"| {first['tokens_per_second']:,} |"
        )
    lines += [
        "",
        "## Commands",
        "",
        "Seeds are 7, 8, 9 where there are three. `trec-coarse.txt` is written by the script.",
        "",
    ]
    for row in rows():
        lines += [f"- {row.name}: `seqloom {' '.join(map(_quoted, row.command(row.seeds[0])))}`"]
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    return word if word.startswith("$DATA") else shlex.quote(word)


if __name__ == "__main__":
    main()
