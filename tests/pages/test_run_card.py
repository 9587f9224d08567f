"""The model card: what it reads and tells, and limits that follow from what was measured."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from seqloom.pages.run_card import card, learnt_from, limits, reads, tells
from seqloom.pages.run_look import Look, Row
from seqloom.report.figures import Table
from seqloom.training.run import Run

Kept = Callable[[str], tuple[Run, str | None]]
SAID = {
    "classify": ("text, as word (column text)", "나쁨, 보통, 좋음 (3)"),
    "language": ("text, as char", "what comes next"),
    "tag": ("text, as word", "B-day, B-to, I-to, O (4)"),
    "regress": ("numbers over time", "a number; those of training have mean"),
    "forecast": ("numbers over time", "the next 4 steps of visits"),
    "translate": ("text, as word (column ko)", "a text, as word"),
    "transcribe": ("recordings", "a text, as word"),
    "vqa": ("pictures", "blue, red, tall, wide, 초록 (5)"),
}


@pytest.mark.parametrize("task", SAID)
def test_what_it_reads_and_tells_is_said(kept: Kept, task: str) -> None:
    run, _ = kept(task)
    read, told = SAID[task]
    assert reads(run) == read and tells(run).startswith(told)
    (table,) = card(run, None, "nothing").figures
    assert isinstance(table, Table)
    facts = {row[0]: row[1] for row in table.rows}
    assert facts["measured on"] == "nothing" and facts["reads"] == read
    assert facts["weights chosen on"] == (
        "nothing: there was no validation, and the last weights were kept"
        if not run.spec.data.valid
        else f"{float(run.spec.data.valid):.0%} of the training file, by {run.spec.fit.metric}"
    )


def test_what_it_learnt_from_has_the_counts_of_its_labels(kept: Kept) -> None:
    run, _ = kept("classify")
    assert learnt_from(run) == "reviews.tsv: 54 labels (보통 19, 나쁨 18, 좋음 17)"


def look(sure: float, share: float, rows: int = 400, lengths: Any = None) -> Look:
    true = np.arange(rows) % 2
    right = np.arange(rows) % 10 < 10 * share
    told = np.where(right, true, 1 - true)
    probabilities = np.full((rows, 2), 1 - sure)
    probabilities[np.arange(rows), told] = sure
    sizes = np.full(rows, 7) if lengths is None else lengths
    made = [Row(at, int(sizes[at]), 0.0, 1.0, float(right[at]), 1.0) for at in range(rows)]
    arrays = {"probabilities": probabilities, "true": true}
    return Look(rows, "label", made, "share right", details={"labels": ["가", "나"]}, arrays=arrays)


@pytest.mark.parametrize(
    ("sure", "share", "said"),
    [
        (0.99, 0.8, "It is too sure of itself: it gives 99.0% on average"),
        (0.6, 0.9, "It is less sure of itself than it could be"),
        (0.8, 0.8, "it is as sure of itself as it is right"),
    ],
)
def test_whether_it_is_too_sure_follows_from_its_rows(kept: Kept, sure: float, share: float, said: str) -> None:
    run, _ = kept("classify")
    assert any(said in one for one in limits(run, look(sure, share)))


def test_the_worst_label_and_the_lengths_are_named(kept: Kept) -> None:
    run, _ = kept("classify")
    found = look(0.8, 1.0)
    true = found.arrays["true"]
    probabilities = found.arrays["probabilities"]
    probabilities[true == 1] = [0.8, 0.2]  # 나 is always taken for 가
    said = limits(run, found)
    assert "The label told worst is 나: 0.0% of its 200 rows are right (0.0% to 1.8%)." in said
    assert said[0] == "The rows it was measured on have 7 to 7 steps (median 7). Nothing is known of others."
    assert said[-1].startswith("All of this is of data like its training data.")
    assert not any("too few" in one for one in said)


def test_few_rows_say_so(kept: Kept) -> None:
    run, _ = kept("classify")
    assert any("measured on 20 rows, which is too few" in one for one in limits(run, look(0.8, 0.8, 20)))
