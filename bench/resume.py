"""Resume, shown: trainings killed by SIGKILL at random steps and resumed end with the weights of undisturbed ones.

    python bench/resume.py

Four models, each killed at five random steps; every training runs in a process of its own, and the one that is killed
never hears of it. Prints how many of the twenty end bit-equal, and writes it to bench/results/resume.md.
"""

import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from seqloom.training.events import Event, Step
from seqloom.training.run import fit

RESULTS = Path(__file__).resolve().parent / "results"
STEPS, KILLS = 60, 5
COMMON: dict[str, Any] = {
    "steps": STEPS,
    "valid_every": 8,
    "lr": 3e-3,
    "schedule": "cosine",
    "warmup": 5,
    "device": "cpu",
}
TEXT = {"batch_tokens": 512, "window": 32, "target": {"size": 32, "dropout": 0.2}}
MODELS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "lstm, State carried, dropout": (
        "language",
        "lstm",
        {**TEXT, "decoder": {"size": 64, "layers": 2, "dropout": 0.2}},
    ),
    "gru, bf16, two batches a step, moving average": (
        "language",
        "gru",
        {**TEXT, "decoder": {"size": 64}, "accumulate": 2, "ema": 0.95, "precision": "bf16"},
    ),
    "gpt, momentum": (
        "language",
        "gpt",
        {**TEXT, "decoder": {"size": 32, "layers": 2, "heads": 2}, "optimizer": "sgd", "momentum": 0.9, "lr": 0.1},
    ),
    "bigru, plateau, mean of checkpoints": (
        "classify",
        "bigru",
        {
            "source": {"size": 32},
            "encoder": {"size": 32},
            "batch_tokens": 256,
            "schedule": "plateau",
            "average": 3,
            "patience": None,
        },
    ),
}


def write_data(folder: Path) -> dict[str, str]:
    """Write a text and a table, and return them by task."""
    from pydoc_data.topics import topics

    text = "\n".join(topics[name] for name in sorted(topics))[:60_000]
    (folder / "topics.txt").write_text(text, encoding="utf-8")
    lines = [line.strip() for line in text.split("\n") if len(line.strip()) > 20][:600]
    rows = [
        f"{line}\t{'long' if len(line) > 60 else 'short'}" for line in lines if "\t" not in line and '"' not in line
    ]
    (folder / "lines.tsv").write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return {"language": str(folder / "topics.txt"), "classify": str(folder / "lines.tsv")}


def in_a_process(work: Callable[[], object]) -> int:
    """Run something in a process of its own; return its exit code, or the signal that ended it, negative."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killer(at: int) -> Callable[[Event], None]:
    """Return a listener that ends its process, as `kill -9` does, after an update."""

    def hear(event: Event) -> None:
        if isinstance(event, Step) and event.step == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return hear


def equal(ours: Path, theirs: Path) -> bool:
    """Say whether two runs ship the same weights to the last bit."""
    a, b = load_file(ours / "model.safetensors"), load_file(theirs / "model.safetensors")
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def main() -> int:
    """Kill and resume; return 1 where some weights differ."""
    torch.set_num_threads(1)
    began, chosen = time.monotonic(), random.Random(20)
    rows, total = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = write_data(folder)
        for number, (name, (task, arch, options)) in enumerate(MODELS.items()):
            settings = {"arch": arch, **COMMON, **options}

            def train(out: str, task: str = task, settings: dict[str, Any] = settings, **more: Any) -> int:
                return in_a_process(lambda: fit(task, data[task], out=out, **settings, **more))

            whole = folder / f"{number}"
            assert train(str(whole)) == 0
            steps = sorted(chosen.sample(range(1, STEPS + 1), KILLS))
            found = 0
            for step in steps:
                out = folder / f"{number}-{step}"
                assert train(str(out), on_event=killer(step)) == -signal.SIGKILL
                assert train(str(out), resume=True) == 0
                found += equal(whole, out)
            total += found
            rows.append(f"| {name} | {', '.join(map(str, steps))} | {found}/{KILLS} |")
            print(f"{name}: killed at {steps}, {found}/{KILLS} bit-equal", flush=True)
    every = KILLS * len(MODELS)
    seconds = time.monotonic() - began
    print(f"resume: {total}/{every} bit-equal, {seconds:.0f} s")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "resume.md").write_text(
        f"# Resume\n\n`python bench/resume.py`: trainings of {STEPS} steps, killed by SIGKILL at random steps and "
        f"resumed; their shipped weights beside those of an undisturbed one.\n\n**{total}/{every} bit-equal** (torch "
        f"{torch.__version__}, {platform.machine()} CPU, one thread, {seconds:.0f} s in all).\n\n"
        "| model | killed at steps | bit-equal |\n|---|---|---|\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    return int(total != every)


if __name__ == "__main__":
    sys.exit(main())
