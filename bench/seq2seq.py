"""The architecture ladder on real pairs: a command a row, measured on dev, the Multi30k rungs once on test2016 too.

    python bench/seq2seq.py [ROW ...]          all rows, or some; a row that is there is not run again (--again does)
    python bench/seq2seq.py --score ROW ...    measures runs that are there already

Reads the data folder named by SEQLOOM_DATA (../shared/data). Trainings and what they read go to runs/bench/seq2seq,
results to bench/results/seq2seq.json, of which seq2seq.md is written anew after each row.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from seq2seq_data import prepare
from seq2seq_rows import ROWS, Row

from seqloom.metrics.bleu import BLEU
from seqloom.tasks.answers import Answer
from seqloom.training.run import Run, load

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEQLOOM_DATA", ROOT.parent / "shared" / "data"))
FOLDER = Path(os.environ.get("SEQLOOM_BENCH", ROOT / "runs" / "bench" / "seq2seq"))
RESULTS = ROOT / "bench" / "results"
BANDS = ((1, 8), (9, 12), (13, 16), (17, 1000))
"""Words of a source, from and to."""
SHOWN = 6
"""Samples kept of a row."""
TARGETS = {"m30k-seq2seq": 20, "m30k-cho": 24, "m30k-bahdanau": 33, "m30k-transformer": 38}
PUBLISHED = {"m30k-seq2seq": 13.8, "m30k-cho": 20.6, "m30k-bahdanau": 28.3, "m30k-transformer": 36.5}


def main(words: Sequence[str]) -> None:
    """Run what is asked for."""
    names = [word for word in words if not word.startswith("--")] or list(ROWS)
    prepare(DATA, FOLDER)
    kept = RESULTS / "seq2seq.json"
    results: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for name in names:
        if name in results and not {"--again", "--score"} & set(words):
            continue
        row, seconds = ROWS[name], results.get(name, {}).get("seconds")
        if "--score" not in words:
            started = time.perf_counter()
            subprocess.run([str(Path(sys.executable).with_name("seqloom")), *command(row)], cwd=FOLDER, check=True)
            seconds = time.perf_counter() - started
        results[name] = {"seconds": seconds, **measure(row)}
        kept.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
        (RESULTS / "seq2seq.md").write_text(page(results), encoding="utf-8")


def command(row: Row) -> list[str]:
    """Return the words after `seqloom` that train a row."""
    words = ["train", row.task, row.train, "--valid", row.valid, "--arch", row.arch, "--out", f"runs/{row.name}"]
    for setting in row.settings:
        words += ["-s", setting]
    return words


def measure(row: Row) -> dict[str, Any]:
    """Return a run's metrics, greedy and with beam 5, on dev and on the test file where it has one."""
    os.chdir(FOLDER)
    run = load(f"runs/{row.name}")
    events = [json.loads(line) for line in Path(f"runs/{row.name}/events.jsonl").read_text("utf-8").splitlines()]
    found: dict[str, Any] = {"parameters": run.model.parameter_count(), "trained_seconds": _trained(events)}
    for name, path in {"dev": row.valid, "test": row.test}.items():
        if path is None:
            continue
        for beam in (1, 5):
            assert run.spec.decode is not None
            run.spec.decode.beam = beam
            values = run.evaluate(path)
            found[f"{name}.{beam}"] = {key: value for key, value in values.items() if isinstance(value, float)}
            found["signatures"] = values.get("signatures", {})
    if row.test is not None:
        found["bands"] = bands(run, row.test)
    found["samples"] = samples(run, row.valid)
    return found


def bands(run: Run, path: str) -> dict[str, list[float]]:
    """Return BLEU and the number of sentences by words of the source."""
    sources, targets = (Path(name).read_text(encoding="utf-8").splitlines() for name in path.split(","))
    answers = texts(run.predict(sources, beam=5))
    found = {}
    for low, high in BANDS:
        rows = [row for row, source in enumerate(sources) if low <= len(source.split()) <= high]
        bleu = BLEU(lowercase=True)
        for row in rows:
            bleu.add(answers[row], [targets[row]])
        found[f"{low}-{high}" if high < BANDS[-1][1] else f"{low}+"] = [bleu.result()["bleu"], len(rows)]
    return found


def samples(run: Run, path: str) -> list[list[str]]:
    """Return some sources and the answers with beam 5."""
    first = path.split(",")[0]  # of two files of lines, the sources
    texts_in = [list(found) for _, found in run.task.rows_of(first, lambda note: None)]
    chosen = [place * len(texts_in) // SHOWN for place in range(SHOWN)]
    answers = texts(run.predict([texts_in[place] for place in chosen], beam=5))
    return [[" | ".join(texts_in[place]), answer] for place, answer in zip(chosen, answers, strict=True)]


def texts(answers: Iterable[Any]) -> list[str]:
    """Return the text of each answer."""
    return [answer.text for answer in answers if isinstance(answer, Answer)]


def _trained(events: list[dict[str, Any]]) -> float:
    """Return the seconds that updates took, from the log."""
    return max((float(event["seconds"]) for event in events if "seconds" in event), default=0.0)


def page(results: dict[str, Any]) -> str:
    """Write the results as Markdown."""
    lines = ["# Sequence to sequence on real pairs", "", "Commands run in the folder that bench/seq2seq.py fills.", ""]
    lines += _ladder(results)
    for name, row in ROWS.items():
        lines += ["", f"## {name}: {row.about}", "", "```", "seqloom " + shlex.join(command(row)), "```", ""]
        if name not in results:
            lines.append("not run")
            continue
        lines += _details(results[name])
    return "\n".join(lines) + "\n"


def _ladder(results: dict[str, Any]) -> list[str]:
    names = [name for name in ROWS if name.startswith("m30k-")]
    bleu = [one for one in names if one in results]
    if not bleu:
        return []
    columns = [*results[bleu[0]]["bands"]]
    lines = [
        "## Multi30k, German to English, test2016 (1,000 sentences), BLEU",
        "",
        f"Signature: {results[bleu[0]]['signatures'].get('bleu', '')}; chosen on val by teacher-forced accuracy.",
        "",
        "| rung | published | must reach | greedy | beam 5 | val, beam 5 | parameters | minutes | "
        + " | ".join(f"{band} words" for band in columns)
        + " |",
        "|" + "---|" * (8 + len(columns)),
    ]
    for name in names:
        said = f"| {name[5:]} | {PUBLISHED.get(name, '')} | {TARGETS.get(name, '')} |"
        if name not in results:
            lines.append(f"{said} not run |" + " |" * (4 + len(columns)))
            continue
        one = results[name]
        values = [one[key]["bleu"] for key in ("test.1", "test.5", "dev.5")]
        lines.append(
            f"{said} {values[0]:.1f} | **{values[1]:.1f}** | {values[2]:.1f} | {one['parameters']:,} | "
            f"{one['trained_seconds'] / 60:.0f} | "
            + " | ".join(f"{value:.1f}" for value, _ in one["bands"].values())
            + " |"
        )
    return lines


def _details(one: dict[str, Any]) -> list[str]:
    lines = [
        f"{one['parameters']:,} parameters, {one['trained_seconds'] / 60:.0f} minutes of training on one core.",
        "",
    ]
    tables = [key for key in one if key.split(".")[0] in ("dev", "test")]
    names = list(one[tables[0]])
    lines += ["| | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for key in tables:
        part, beam = key.split(".")
        values = " | ".join(f"{one[key][name]:.4g}" for name in names)
        lines.append(f"| {part}, {'greedy' if beam == '1' else 'beam ' + beam} | {values} |")
    lines += ["", *(f"- {_short(source)} → {_short(answer)}" for source, answer in one["samples"])]
    return lines


def _short(text: str) -> str:
    text = text.replace("|", "\\|")
    return text if len(text) <= 120 else text[:117] + "..."


if __name__ == "__main__":
    main(sys.argv[1:])
