"""Overhead: training throughput of Seqloom's loop beside a plain hand-written torch loop of the same model.

    python bench/overhead.py

A character LSTM with its State carried, and a bidirectional GRU classifier, on the same batches. The plain loops use
torch's own modules and do what their writers would: forward, backward, clip, step, and the loss as a number. Median of
nine interleaved runs; tokens a second of the updates alone, without validating and saving. Both sides have the
allocator keep its blocks (training/allocator.py), which a plain loop would not: that favours the plain side.
"""

import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence

from seqloom.batch import Batch
from seqloom.build import build
from seqloom.metrics import higher_is_better
from seqloom.spec import Spec
from seqloom.tasks import task_class
from seqloom.tasks.task import Data, Task
from seqloom.training.allocator import keep_blocks
from seqloom.training.events import Step
from seqloom.training.loop import train
from seqloom.training.run import plan

RESULTS = Path(__file__).resolve().parent / "results"
RUNS, WARM, TIMED = 9, 5, 30


class CharLstm(nn.Module):
    """Embedding, LSTM, output layer."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embed, self.lstm = nn.Embedding(vocabulary, 128), nn.LSTM(128, 256, batch_first=True)
        self.out = nn.Linear(256, vocabulary)

    def forward(self, ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Return logits and the State."""
        hidden, state = self.lstm(self.embed(ids), state)
        return self.out(hidden), state


class BiGru(nn.Module):
    """Embedding, GRU both ways over packed rows, output layer."""

    def __init__(self, vocabulary: int, labels: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, 128)
        self.gru = nn.GRU(128, 128, batch_first=True, bidirectional=True)
        self.out = nn.Linear(256, labels)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return logits."""
        packed = pack_padded_sequence(self.embed(ids), lengths, batch_first=True, enforce_sorted=False)
        _, last = self.gru(packed)
        return self.out(torch.cat([last[0], last[1]], -1))


def write_data(folder: Path) -> dict[str, Path]:
    """Write a text and a table."""
    from pydoc_data.topics import topics

    text = "\n".join(topics[name] for name in sorted(topics))[:300_000]
    (folder / "topics.txt").write_text(text, encoding="utf-8")
    chosen, words = random.Random(1), [word for word in text.split() if word.isalpha()]
    rows = [f"{' '.join(chosen.choices(words, k=chosen.randint(4, 60)))}\t{chosen.randint(0, 3)}" for _ in range(3000)]
    (folder / "rows.tsv").write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return {"language": folder / "topics.txt", "classify": folder / "rows.tsv"}


def ours(spec: Spec, task: Task, data: Data, folder: Path) -> float:
    """Train by Seqloom; return tokens a second."""
    torch.manual_seed(0)
    model = build(spec, task.wiring())
    started, tokens = 0.0, 0
    meter: Callable[[], Any] = lambda: task.meter(model, data)  # noqa: E731
    for event in train(model, data, None, meter, spec.fit, folder, higher_is_better=higher_is_better):
        if isinstance(event, Step) and event.step == WARM:
            started, tokens = time.perf_counter(), event.tokens
        elif isinstance(event, Step) and event.step == WARM + TIMED:
            return (event.tokens - tokens) / (time.perf_counter() - started)
    raise AssertionError("it ended too soon")


def plain(spec: Spec, data: Data, model: nn.Module, loss_of: Callable[[Batch, Any], tuple[Tensor, Any]]) -> float:
    """Train by hand; return tokens a second."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=spec.fit.lr)
    model.train()
    state, tokens, done, started = None, 0, 0, 0.0
    while True:
        for key in data.order(0):
            batch = data.load(key)
            loss, state = loss_of(batch, state)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            loss.item()
            done, tokens = done + 1, tokens + batch.tokens
            if done == WARM:
                started, tokens = time.perf_counter(), 0
            elif done == WARM + TIMED:
                return tokens / (time.perf_counter() - started)
        state = None


def lstm_loss(model: nn.Module) -> Callable[[Batch, Any], tuple[Tensor, Any]]:
    """Return the loss of a window, from the State of the one before."""

    def loss(batch: Batch, state: Any) -> tuple[Tensor, Any]:
        logits, (h, c) = model(batch.inputs["target"].values, state)
        target = batch.target["words"]
        assert target.mask is not None
        wanted = target.values.masked_fill(~target.mask, -100)
        return cross_entropy(logits.flatten(0, 1), wanted.flatten()), (h.detach(), c.detach())

    return loss


def gru_loss(model: nn.Module) -> Callable[[Batch, Any], tuple[Tensor, Any]]:
    """Return the loss of some rows."""

    def loss(batch: Batch, state: Any) -> tuple[Tensor, Any]:
        source = batch.inputs["source"]
        assert source.mask is not None
        return cross_entropy(model(source.values, source.mask.sum(1)), batch.target["label"].values), None

    return loss


SETTINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "LSTM, characters, H=256, window 64, 32 tracks": (
        "language",
        "lstm",
        {"fit": {"window": 64, "batch_tokens": 2048}, "data": {"valid": 0.0}},
    ),
    "biGRU, classify, H=128, 2,048 tokens a batch": (
        "classify",
        "bigru",
        {"fit": {"patience": None}, "source": {"dropout": 0.0}, "heads": {"label": {"dropout": 0.0}}},
    ),
}


def speeds_of(
    kind: str, arch: str, options: dict[str, Any], data_file: Path, folder: Path
) -> list[tuple[float, float]]:
    """Return (Seqloom's, the plain loop's) tokens a second of each pair of runs."""
    options["fit"] = {**options["fit"], "steps": WARM + TIMED + 1, "save_every": 10**6, "device": "cpu"}
    spec, _ = plan(kind, str(data_file), arch=arch, options=options)
    task = task_class(kind).learn(spec, lambda note: None)
    data, _ = task.training(lambda note: None, kind == "language")
    wiring = task.wiring()

    def by_hand() -> float:
        torch.manual_seed(0)
        if kind == "language":
            model: nn.Module = CharLstm(int(wiring.target or 0))
            return plain(spec, data, model, lstm_loss(model))
        model = BiGru(int(wiring.source or 0), len(wiring.labels["label"][0]))
        return plain(spec, data, model, gru_loss(model))

    speeds = []
    for number in range(RUNS):
        first = by_hand() if number % 2 else None  # which goes first takes turns
        mine = ours(spec, task, data, folder / f"{arch}-{number}")
        speeds.append((mine, by_hand() if first is None else first))
    return speeds


def main() -> int:
    """Time both sides of both models; return 1 where Seqloom is more than 5 % slower."""
    threads = torch.get_num_threads()
    keep_blocks()
    rows, worst = [], 10.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = write_data(folder)
        for name, (kind, arch, options) in SETTINGS.items():
            speeds = speeds_of(kind, arch, options, files[kind], folder)
            ratios = [mine / theirs for mine, theirs in speeds]
            mine, theirs = (statistics.median(column) for column in zip(*speeds, strict=True))
            worst = min(worst, mine / theirs)
            rows.append(
                f"| {name} | {mine:,.0f} | {theirs:,.0f} | {mine / theirs:.3f} "
                f"| {min(ratios):.2f} to {max(ratios):.2f} |"
            )
            print(rows[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "overhead.md").write_text(
        f"# Overhead of the loop\n\n`python bench/overhead.py`: tokens a second of training, median of {RUNS} "
        f"interleaved runs of {TIMED} updates, beside a plain torch loop of the same model on the same batches (torch "
        f"{torch.__version__}, {platform.machine()} CPU, {threads} thread(s)). A ratio over 1 "
        f"means that Seqloom is faster.\n\n"
        "| model | Seqloom | plain torch | ratio | ratios of pairs |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    return int(worst < 0.95)


if __name__ == "__main__":
    sys.exit(main())
