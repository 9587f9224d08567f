"""Explaining stays within bounds: of memory on 10,000 steps, and of what is left behind by 1,000 explanations."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from looked import GRU, KEPT, TRANSFORMER, model_of, subject_on
from torch import Tensor, nn

from seqloom import tape as tapes
from seqloom.explaining import VIEWS
from seqloom.explaining.explain import explain, viewer_of
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.report import drawing
from seqloom.training.run import load

STEPS = 10_000
MOST = 700
"""MiB above what is held before; one map of attention over 10,000 steps has 381 a head, and some views need several."""
DRAWN = 8
"""Megabytes of a view's pictures."""
QUICK: dict[str, dict[str, Any]] = {
    "saliency": {"points": 8, "parts": 2},
    "jacobian": {"samples": 4, "steps": 10},
    "bottleneck": {"rows": 4, "answers": 1, "back": 1},
}


@contextmanager
def peak(found: list[float]) -> Iterator[None]:
    """Measure the most memory that a block holds above what was held before it, in MiB (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    before = held("VmRSS")
    yield
    found.append(held("VmHWM") - before)


def held(key: str) -> float:
    (line,) = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(key)]
    return int(line.split()[1]) / 1024


def quiet(note: str) -> None:
    """Say nothing."""


def long_subject(kind: str, tmp_path: Path) -> Subject:
    if kind == "language":
        book = tmp_path / "book.txt"
        book.write_text("hello world\n" * (STEPS // 12), encoding="utf-8")
        return subject_of(load(str(KEPT / "format-1-language")), "hello world\n" * (STEPS // 12), data=str(book))
    if kind == "series":
        series = np.random.default_rng(1).normal(size=(STEPS, 2))
        return subject_of(load(str(KEPT / "format-1-regress")), series)
    return subject_on(model_of({**TRANSFORMER, "layers": 1}), source=STEPS)


# no kept run attends over so many steps: a model without a task stands for it, in the views that ask for none
CASES = [(kind, name) for kind in ("language", "series") for name in VIEWS]
CASES += [("transformer", "attention"), ("transformer", "saliency")]
REFUSED = {
    ("language", "attention"),
    ("series", "attention"),
    ("series", "next"),
    ("series", "bottleneck"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_ten_thousand_steps_are_explained_in_bounded_memory(name: str, kind: str, tmp_path: Path) -> None:
    subject = long_subject(kind, tmp_path)
    viewer = viewer_of(name, QUICK.get(name, {}))
    said = viewer.refusal(subject)
    if said is not None:
        assert (kind, name) in REFUSED, said
        return
    found: list[float] = []
    with peak(found):
        view = viewer.view(subject, quiet)
    assert found[0] < MOST
    for key, values in view.values.items():  # the gradients view has NaN where a long row is not followed back to
        assert np.isfinite(values).any() and not np.isinf(values).any(), key
        assert name == "gradients" or not np.isnan(values).any(), key
    assert sum(len(drawing.as_svg(figure)) for figure in view.figures) < DRAWN * 1e6


def left(model: nn.Module) -> Counter[str]:
    """Count what lives: tensors, hooks and watchers."""
    gc.collect()
    counts: Counter[str] = Counter()
    counts["tensors"] = sum(issubclass(type(one), Tensor) for one in gc.get_objects())
    counts["watchers"] = len(tapes._watchers.get())
    for module in model.modules():
        counts["hooks"] += len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
    return counts


def explained(times: int, every: int) -> tuple[list[Counter[str]], list[int]]:
    """Explain so many times, each view in turn; return what lives after each `every`, and how many objects."""
    run = load(str(KEPT / "format-1-translate"))
    names = [name for name in VIEWS if name != "bottleneck"]
    counts, objects = [], []
    for number in range(times):
        name = names[number % len(names)]
        explain(run, "개 3 마리가 달린다", views=[name], options={name: TINY[name]} if name in TINY else {})
        if (number + 1) % every == 0:
            counts.append(left(run.model))
            objects.append(len(gc.get_objects()))
    return counts, objects


TINY: dict[str, dict[str, Any]] = {"saliency": {"points": 8, "parts": 2}, "jacobian": {"samples": 2, "steps": 3}}


def test_nothing_is_left_after_some_explanations() -> None:
    counts, objects = explained(24, 8)
    assert counts[1] == counts[2] and counts[2]["hooks"] == counts[2]["watchers"] == 0
    assert objects[2] - objects[1] < 100


@pytest.mark.slow
def test_nothing_is_left_after_a_thousand_explanations() -> None:
    before = held("VmRSS")
    counts, objects = explained(1000, 200)
    assert all(one == counts[0] for one in counts) and not counts[0]["hooks"] and not counts[0]["watchers"]
    assert objects[-1] - objects[0] < 200, "less than an object for every four explanations"
    assert held("VmRSS") - before < 150


def test_a_leak_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count above sees a Tape that is not left, and a tensor that is kept."""
    model = model_of(GRU)
    before = left(model)
    with tapes.Tape(model):
        assert left(model)["hooks"] == 2 * len(list(model.modules())) and left(model)["watchers"] == 1
    kept = torch.zeros(3)
    assert left(model)["tensors"] == before["tensors"] + 1 and not kept.any()
