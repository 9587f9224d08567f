"""The study of order: what it measures, its verdict and its control."""

from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.studies.conduct import conduct, found_of, prepare
from seqloom.studies.order import CAUSAL, MADE, REAL, REAL_MIXED, Order, another_order, change
from seqloom.studies.readers import BLIND, OTHERS, PLACED, READERS
from seqloom.studies.shuffled import labelled

SMALL: dict[str, Any] = {"size": 8, "length": 5, "steps": 2, "rows": 30}


def made(**changed: float) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for seed in (1, 2, 3):
        for name in READERS:
            moved = 0.0 if name in BLIND else 0.5
            right = 0.5 if name in BLIND else 0.99
            rows.append(
                {"seed": seed, "reader": name, "outputs": changed.get(f"moved {name}", moved), "summary": moved}
            )
            rows.append(
                {
                    "seed": seed,
                    "reader": name,
                    "task": MADE,
                    "accuracy": changed.get(f"told {name}", right) + 0.001 * seed,
                }
            )
    return rows


def test_the_verdict_follows_from_the_numbers() -> None:
    study = Order()
    assert study.judge(made()).answer == "holds"
    assert study.judge(made(**{"moved cnn": 0.0})).answer == "does not hold"
    assert study.judge(made(**{"moved bag": 1e-6})).answer == "does not hold"
    assert study.judge(made(**{"told attention, rotary": 0.6})).answer == "does not hold"
    assert study.judge(made(**{"told mlp": 0.8})).answer == "does not hold"
    assert study.judge(made(**{"told cnn": 0.7})).answer == "holds"


def test_before_training_order_changes_those_alone_that_see_it() -> None:
    study = Order(**SMALL)
    for name in READERS:
        moved = study._moved(name, 3)
        if name in BLIND:
            assert max(moved.values()) < 1e-14
        else:
            assert min(moved.values()) > 1e-3
    blind = Order(**SMALL, positions="none")
    for name in (*PLACED, *OTHERS):
        assert (blind._moved(name, 3)["outputs"] < 1e-14) == (name in PLACED)
    assert study._causal(3) > 1e-3


def test_change_is_relative_and_a_drawn_order_moves() -> None:
    one = torch.tensor([2.0, -4.0])
    assert change(one, one) == 0 and change(one, torch.tensor([2.0, -3.0])) == 0.25
    for seed in range(40):
        order = another_order(2, torch.Generator().manual_seed(seed))
        assert order.tolist() == [1, 0]


def test_a_file_of_ones_own_is_measured_as_it_is_and_mixed(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    lines = [f"w{row % 5} {'good' if row % 2 else 'bad'} w{row % 3}\t{'yn'[row % 2]}\n" for row in range(120)]
    path.write_text("text\tlabel\n" + "".join(lines), encoding="utf-8")
    study = Order(**SMALL, data=str(path))
    rows = [{"seed": 1, **row} for row in study.measure(1, lambda note: None)]
    assert sum(row.get("task") in (REAL, REAL_MIXED) for row in rows) == 2 * len(READERS)
    found = found_of(study, {}, (1,), rows, 0.0)
    assert [one.title for one in found.figures][1:] == [
        "Your file",
        "What its labels lose when the words of each row are mixed",
    ]
    assert list(found.table.columns)[-2:] == [REAL, REAL_MIXED]
    assert [row[0] for row in found.table.rows] == [*READERS, CAUSAL]
    study.steps = 400
    own = labelled(str(path), "auto", "word", 1, lambda note: None)
    assert study._real("bag", own, True, 1) == 1.0


def test_options_that_cannot_be_are_refused() -> None:
    for options, said in (
        ({"length": 2}, "length=2: rows that can be permuted need 3"),
        ({"size": 12}, "size=12 must be a multiple of 8"),
        ({"format": "tsv"}, "format=tsv says how a file is read, and there is none"),
        ({"tokens": "vector"}, "tokens='vector' cannot be used"),
    ):
        with pytest.raises(InputError, match=said):
            prepare("order", options)


@pytest.mark.slow
def test_positions_tell_the_order_and_without_them_nothing_does() -> None:
    found = conduct("order", Order.tiny, seeds=3, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    broken = conduct("order", {**Order.tiny, **Order.control}, seeds=3, jobs=1)
    assert broken.verdict.answer == "does not hold"
