"""Every view of a run of every task shows finite numbers or says why it does not apply, and leaves all as it was."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import made_media
import make
import make_media
import numpy as np
import pytest
import torch
from torch import nn

from seqloom import tape as tapes
from seqloom.explaining import VIEWS
from seqloom.explaining.explain import explain, viewer_of
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.report import drawing
from seqloom.report.figures import Figure
from seqloom.training.run import Run, load

KEPT = Path(__file__).parents[1] / "kept"
FILES = {
    "classify": ("reviews.tsv", make.reviews),
    "language": ("book.txt", make.book),
    "translate": ("sentences.tsv", make.sentences),
    "transduce": ("sounds.tsv", make.sounds),
    "tag": ("slots.txt", make.slots),
    "forecast": ("months.csv", make.months),
    "regress": ("curves.ts", make.curves),
}
MEDIA = {"caption": "captions.tsv", "vqa": "questions.tsv", "transcribe": "sounds.npz"}
TASKS = [*FILES, *MEDIA]
TEXTS = {
    "classify": "훌륭한 dull film",
    "language": "hello world and the 바다",
    "translate": make.SENTENCES[0],
    "transduce": "바나나",
    "tag": make.SLOTS[0],
}
QUICK: dict[str, dict[str, Any]] = {
    "saliency": {"points": 16, "parts": 10},
    "bottleneck": {"rows": 20, "answers": 4, "back": 3},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("explained")
    for name, write in FILES.values():
        (made / name).write_text(write(), encoding="utf-8")
    made_media.write(made)
    return made


@cache
def run_of(task: str) -> Run:
    return load(KEPT / f"format-1-{task}")


@pytest.fixture
def subject(task: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    monkeypatch.chdir(folder)  # files of pictures are named from there
    return subject_of(run_of(task), row_of(task), data=MEDIA.get(task) or FILES[task][0])


def row_of(task: str) -> Any:
    """Return a row of a task; files are in the current folder."""
    if task in TEXTS:
        return TEXTS[task]
    if task == "forecast":
        return "months.csv"
    if task == "regress":
        return next(row for _, row in run_of(task).task.rows_of("curves.ts", lambda note: None))
    return make_media.rows(task)[0]


@pytest.fixture
def untouched(task: str) -> Iterator[None]:
    """Assert that a test leaves weights, gradients, hooks, watchers and modes as they were."""
    model = run_of(task).model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    learns = {name: value.requires_grad for name, value in model.named_parameters()}
    yield
    after = model.state_dict()
    assert list(after) == list(before) and all(torch.equal(after[name], before[name]) for name in before)
    assert {name: value.requires_grad for name, value in model.named_parameters()} == learns
    assert all(value.grad is None for value in model.parameters())
    check_quiet(model)


def check_quiet(model: nn.Module) -> None:
    for module in model.modules():
        assert not module.training
        hooks = [module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks]
        assert not any(hooks)
    assert tapes._watchers.get() == ()
    assert tapes._sequence.get() is None


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.usefixtures("untouched")
def test_a_view_shows_numbers_or_says_why_not(name: str, task: str, subject: Subject) -> None:
    viewer = viewer_of(name, QUICK.get(name, {}))
    said = viewer.refusal(subject)
    if said is not None:
        assert len(said) > 30 and said.rstrip().endswith("."), said
        return
    told = subject.told()
    view = viewer.view(subject, lambda note: None)
    check_shown(view)
    assert subject.told() == told


def check_shown(view: View) -> None:
    assert view.values and view.figures, "a view that applies has something to show"
    for name, values in view.values.items():
        assert np.issubdtype(values.dtype, np.number) or values.dtype == bool, name
        assert np.isfinite(values).all(), name
    json.dumps(dict(view.facts), allow_nan=False)
    for figure in view.figures:
        assert isinstance(figure, get_args(Figure))
        assert drawing.as_text(figure, 80).strip()
    assert all(isinstance(note, str) and note for note in view.notes)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.usefixtures("untouched")
def test_all_views_that_apply_are_shown_together(task: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = explain(run_of(task), row_of(task), options=QUICK)
    assert set(found.views) | set(found.refused) == set(VIEWS) and "saliency" in found.views
    assert "--data" in found.refused["bottleneck"]
    json.dumps(found.to_dict(), allow_nan=False, ensure_ascii=False)
    text = found.text(80)
    assert all(name in text for name in VIEWS)
