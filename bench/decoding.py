"""How fast answers are written, beside what else a person might run: sentences a second, and ratios.

    python bench/decoding.py [--ctranslate2 PYTHON] [--rounds 7]

A Transformer (3 + 3 layers of 256, 4 heads, 1024 inner, 8,000 tokens a side) and an attention GRU (preset bahdanau),
with the weights of their seeds; every side writes 30 tokens to each sentence, so that all do the same work. The peers:
a loop over torch.nn.Transformer without a cache, as its tutorials have it, and CTranslate2 in float32 and int8, where
PYTHON (by default this one) can import it. Each side is a process of its own, and all take turns within one round;
the median counts, and the ratio is the median over rounds of what the turn of one took to that of the other. It takes
about four minutes on two quiet cores; on busy ones threads wait for each other, and the tables say nothing.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
LENGTH = 30
OURS = "Seqloom transformer"
PAUSE = 0.3
"""Seconds before a turn on several threads: those of the side before it spin for a while after their work."""
SETTINGS = [(batch, beam) for batch in (1, 32) for beam in (1, 5)]
Times = dict[str, list[float]]


class Side:
    """One of those compared: a process that decodes once for every line it is sent."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.about: str = self._answer()["about"]

    def seconds(self, batch: int, beam: int, threads: int) -> float:
        """Return how long one decoding took."""
        turn = {"batch": batch, "beam": beam, "length": LENGTH, "threads": threads}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(turn) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if answer["lengths"] != [LENGTH] * batch:
            raise RuntimeError(f"{self.about} wrote {answer['lengths']} tokens, not {LENGTH} each")
        return float(answer["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a side ended with status {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def side(python: str, script: str, *words: str) -> Iterator[Side]:
    """Start a side; it ends with the block."""
    command = [python, str(HERE / "peers" / script), *words]
    threads = {"OMP_NUM_THREADS": str(os.cpu_count() or 1), "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **threads}
    ) as process:
        yield Side(process)


def sides(ctranslate2: str, stack: ExitStack) -> dict[str, Side]:
    """Start every side that is installed."""
    chosen = {
        OURS: (sys.executable, "seqloom_model.py", "transformer"),
        "nn.Transformer, whole prefix": (sys.executable, "plain_transformer.py"),
        "CTranslate2 float32": (ctranslate2, "ctranslate2_model.py", "float32"),
        "CTranslate2 int8": (ctranslate2, "ctranslate2_model.py", "int8"),
        "Seqloom bahdanau": (sys.executable, "seqloom_model.py", "bahdanau"),
    }
    if subprocess.run([ctranslate2, "-c", "import ctranslate2"], capture_output=True, check=False).returncode:
        print("CTranslate2 is not installed there: its rows are left out (pip install ctranslate2).", flush=True)
        chosen = {name: words for name, words in chosen.items() if words[0] != ctranslate2 or "Seq" in name}
    return {name: stack.enter_context(side(*words)) for name, words in chosen.items()}


def times(running: dict[str, Side], batch: int, beam: int, threads: int, rounds: int) -> Times:
    """Return the seconds of each side in each round; who begins takes turns, and a first round is not counted."""
    found: Times = {name: [] for name in running}
    names = list(running)
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            time.sleep(PAUSE if threads > 1 else 0)
            seconds = running[name].seconds(batch, beam, threads)
            if number:
                found[name].append(seconds)
    return found


def row(name: str, batch: int, found: Times) -> str:
    """Return one side's row: sentences a second, then how many times as fast as it ours is, and between what bounds."""
    speed = batch / statistics.median(found[name])
    ratios = [theirs / ours for ours, theirs in zip(found[OURS], found[name], strict=True)]
    return f"| {name} | {speed:,.1f} | {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"


def main() -> None:
    """Time all sides and write the tables."""
    parser = argparse.ArgumentParser(description="Time decoding beside its peers.")
    parser.add_argument("--ctranslate2", default=sys.executable, metavar="PYTHON", help="a Python that has ctranslate2")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each side; a third of them at batch 32, beam 5")
    asked = parser.parse_args()
    lines: list[str] = []
    record: list[dict[str, Any]] = []
    with ExitStack() as stack:
        running = sides(asked.ctranslate2, stack)
        versions = ", ".join(sorted({one.about for one in running.values()}))
        for threads in (1, 2):
            for batch, beam in SETTINGS:
                rounds = max(1, asked.rounds // 3) if batch * beam > 100 else asked.rounds
                found = times(running, batch, beam, threads, rounds)
                search = "greedy" if beam == 1 else f"beam {beam}"
                lines += [f"\n## {threads} thread{'s' * (threads > 1)}, batch {batch}, {search}\n"]
                lines += ["| side | sentences/s | Seqloom's is x times as fast | in each round |", "|---|---|---|---|"]
                lines += [row(name, batch, found) for name in running]
                record += [{"threads": threads, "batch": batch, "beam": beam, "seconds": found}]
                print("\n".join(lines[-len(running) - 3 :]), flush=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    head = (
        "# Decoding speed\n\n`python bench/decoding.py --ctranslate2 PYTHON`: sentences a second, each of 30 tokens, "
        f"median of {asked.rounds} interleaved rounds ({max(1, asked.rounds // 3)} at batch 32, beam 5) on {machine}; "
        f"{versions}. A ratio over 1 means that Seqloom's Transformer is faster. The Transformers have 3 + 3 layers of "
        "256 and 8,000 tokens a side; bahdanau is Seqloom's recurrent model with attention, for its own sake.\n"
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "decoding.md").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    (RESULTS / "decoding.json").write_text(json.dumps({"versions": versions, "runs": record}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
