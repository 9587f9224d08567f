"""Probes: what they cost a training step while nobody watches.

    python bench/probes.py

A probe that nobody hears is a call that returns its input. Its cost is timed by itself, in nanoseconds (with that of
`asked`, which says whether a fused kernel may be taken, and of `sequence` around a step loop); the calls of one
training step are counted; and their product is told as a share of the step. The step is timed with the probes as they
are. Timings are medians. The last two models take the step loop (recurrent dropout), where a probe stands at every step
of every gate; the last is as small as a model of any use, with one row.
"""

import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

import seqloom
from seqloom import tape
from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.model import SequenceModel
from seqloom.spec import parse

RESULTS = Path(__file__).resolve().parent / "results"
CALLS, REPEATS, STEPS, WARM = 200_000, 9, 15, 3
WORDS, BATCH, LENGTH, SIZE = 1000, 32, 40, 128
LSTM: dict[str, Any] = {"kind": "lstm", "size": SIZE}
BLOCKS: dict[str, Any] = {"kind": "transformer", "size": SIZE, "layers": 2, "heads": 4}
SIDE = {"size": SIZE}
MODELS: dict[str, dict[str, Any]] = {
    "biLSTM, classify": {"source": SIDE, "encoder": {**LSTM, "bidirectional": True}, "heads": {"label": "label"}},
    "LSTM, language": {"target": SIDE, "decoder": {**LSTM, "layers": 2}},
    "bahdanau, pairs": {
        "source": SIDE,
        "target": SIDE,
        "encoder": {"kind": "gru", "size": SIZE, "bidirectional": True},
        "bridge": {"kind": "attention", "score": "additive", "size": SIZE},
        "decoder": {"kind": "gru", "size": SIZE, "wiring": "bahdanau"},
    },
    "transformer, pairs": {
        "source": SIDE,
        "target": SIDE,
        "encoder": BLOCKS,
        "bridge": {"kind": "attention", "score": "multihead", "heads": 4},
        "decoder": BLOCKS,
    },
    "LSTM in the step loop, classify": {
        "source": SIDE,
        "encoder": {**LSTM, "recurrent_dropout": 0.1},
        "heads": {"label": "label"},
    },
    "the same, width 16, one row": {
        "source": {"size": 16},
        "encoder": {"kind": "lstm", "size": 16, "recurrent_dropout": 0.1},
        "heads": {"label": "label"},
    },
}
ROWS = {"the same, width 16, one row": 1}


def model_of(parts: dict[str, Any]) -> SequenceModel:
    """Build one of the models, to be trained."""
    heads = {name: {"kind": kind} for name, kind in parts.get("heads", {"words": "tokens"}).items()}
    wiring = Wiring(
        source=WORDS if "source" in parts else None,
        target=WORDS if "target" in parts else None,
        labels={"label": (["no", "yes", "both"], [1, 1, 1])},
    )
    torch.manual_seed(0)
    return build(parse({"task": "study", **parts, "heads": heads}), wiring).train()


def batch_for(model: SequenceModel, rows: int) -> Batch:
    """Draw a batch of full rows."""
    ids = Field(torch.randint(5, WORDS, (rows, LENGTH)), torch.ones(rows, LENGTH, dtype=torch.bool))
    inputs = {side: ids for side in ("source", "target") if getattr(model, side) is not None}
    label = Field(torch.randint(0, 3, (rows,)))
    return Batch(inputs, {"label": label} if "label" in model.heads else {"words": ids})


def nanoseconds(call: Callable[[], object]) -> float:
    """Time a call: the median over repeats of many, less an empty loop's."""
    return statistics.median(_loop(call) for _ in range(REPEATS)) - statistics.median(
        _loop(_nothing) for _ in range(REPEATS)
    )


def _loop(call: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


def _nothing() -> None:
    return None


def costs() -> dict[str, float]:
    """Return what each of the three costs while nobody watches, ns."""
    value, module = torch.zeros(1), torch.nn.Identity()

    def loop() -> None:
        with tape.sequence(None, False):
            pass

    return {
        "probe": nanoseconds(lambda: tape.probe("h", value)),
        "asked": nanoseconds(lambda: tape.asked(module, "i", "f", "o")),
        "sequence": nanoseconds(loop),
    }


@contextmanager
def counting(found: Counter[str]) -> Iterator[None]:
    """Count the calls of the three, wherever a file of Seqloom has them by name."""
    places = []
    for name in ("probe", "asked", "sequence"):
        plain = getattr(tape, name)
        for module in [one for key, one in sys.modules.items() if key.startswith("seqloom") and one is not tape]:
            if getattr(module, name, None) is plain:
                places.append((module, name, plain))
    for module, name, plain in places:

        def counted(*given: Any, name: str = name, plain: Any = plain, **more: Any) -> Any:
            found[name] += 1
            return plain(*given, **more)

        setattr(module, name, counted)
    try:
        yield
    finally:
        for module, name, plain in places:
            setattr(module, name, plain)


def step_of(model: SequenceModel, batch: Batch) -> Callable[[], None]:
    """Return an update: forwards, back, clip and AdamW."""
    optimizer = torch.optim.AdamW(model.parameters())

    def step() -> None:
        outputs, _ = model(batch)
        loss = torch.stack([total / count for total, count in model.loss(outputs, batch).values()]).sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def main() -> int:
    """Time and count; return 1 where the probes of a model take 1 % of its step or more."""
    each = costs()
    rows, worst = [], 0.0
    for name, parts in MODELS.items():
        model = model_of(parts)
        step = step_of(model, batch_for(model, ROWS.get(name, BATCH)))
        for _ in range(WARM):
            step()
        calls: Counter[str] = Counter()
        with counting(calls):
            step()
        times = []
        for _ in range(STEPS):
            start = time.perf_counter_ns()
            step()
            times.append(time.perf_counter_ns() - start)
        taken = statistics.median(times)
        spent = sum(each[one] * count for one, count in calls.items())
        worst = max(worst, spent / taken)
        told = " | ".join(str(calls[one]) for one in each)
        rows.append(f"| {name} | {told} | {spent / 1000:.1f} | {taken / 1e6:.1f} | {spent / taken:.3%} |")
        print(rows[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "probes.md").write_text(
        "# What idle probes cost\n\n"
        f"`python bench/probes.py`: Seqloom {seqloom.__version__}, torch {torch.__version__}, {platform.machine()} CPU,"
        f" {torch.get_num_threads()} thread(s), load {os.getloadavg()[0]:.0f}, "
        f"batches of {BATCH} rows of {LENGTH} tokens, width {SIZE} "
        "unless it says otherwise. While nobody "
        f"watches, `probe` takes {each['probe']:.0f} ns, `asked` {each['asked']:.0f} ns and `sequence` "
        f"{each['sequence']:.0f} ns a call (median of {REPEATS} times {CALLS:,} calls, less an empty loop's). "
        "Calls of one training step, what they take together, and their share of the step:\n\n"
        "| model | probe | asked | sequence | all, us | step, ms | share |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n",
        encoding="utf-8",
    )
    return int(worst >= 0.01)


if __name__ == "__main__":
    sys.exit(main())
