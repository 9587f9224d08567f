"""The study of shared weights: its verdict, that of its control, and its puzzle."""

from typing import Any

import pytest

from seqloom.studies.conduct import conduct
from seqloom.studies.learning import numbers
from seqloom.studies.sharing import UNSHARED, Sharing, order
from seqloom.studies.statistics import Outcome


def rows(grown: int = 0, twice: float = 0.97) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for seed in (1, 2, 3):
        for cell in ("rnn", "gru", "lstm"):
            for length in (16, 32, 64, 128):
                more = grown if length == 128 and seed == 2 and cell == "gru" else 0
                right = {16: 1.0, 32: twice, 64: 0.6, 128: 0.3}[length] + seed / 1000
                found.append({"seed": seed, "arm": cell, "built": length, "parameters": 1000 + more})
                found.append({"seed": seed, "arm": cell, "trained": "4 to 16", "length": length, "right": right})
        found.append({"seed": seed, "arm": "lstm", "trained": "16 alone", "length": 32, "right": 0.5})
    return found


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, "holds"),
        ({"grown": 1}, "does not hold"),
        ({"twice": 0.5}, "does not hold"),
        ({"twice": 0.898}, "inconclusive"),
    ],
)
def test_the_verdict_follows_from_the_rows(given: dict[str, Any], answer: Outcome) -> None:
    assert Sharing().judge(rows(**given)).answer == answer


def test_the_label_is_the_order_of_the_two() -> None:
    batch = order(numbers(1), 200, 9)
    symbols, labels = batch.inputs["source"].values.argmax(-1), batch.target["label"].values
    for row, label in zip(symbols.tolist(), labels.tolist(), strict=True):
        (first, second) = [symbol for symbol in row if symbol < 2]
        assert label == 2 * first + second
    assert sorted(set(labels.tolist())) == [0, 1, 2, 3]


def test_one_seed_counts_and_measures_every_network() -> None:
    study = Sharing(length=6, size=8, updates=2)
    found = study.measure(1, lambda note: None)
    assert found == study.measure(1, lambda note: None)
    counts = {(row["arm"], row["built"]): row["parameters"] for row in found if "built" in row}
    for arm in ("rnn", "gru", "lstm", "transformer, computed positions"):
        assert counts[arm, 6] == counts[arm, 48]
    assert counts[UNSHARED, 48] - counts[UNSHARED, 6] == 6 * 8 * (48 - 6)  # symbols x size x steps more
    learned = "transformer, learned positions"
    assert counts[learned, 48] - counts[learned, 6] == 8 * (48 - 6)
    numbered = [{"seed": 1, **row} for row in found]
    answers, parameters = study.figures(numbered)
    assert len(answers.lines) == 5 and len(parameters.lines) == 6  # type: ignore[union-attr]
    assert len(study.table(numbered).rows) == 5 * 4


@pytest.mark.slow
def test_it_holds_and_its_control_does_not() -> None:
    assert conduct("sharing", Sharing.tiny, seeds=3, jobs=1).verdict.answer == "holds"
    assert conduct("sharing", {**Sharing.tiny, **Sharing.control}, seeds=3, jobs=1).verdict.answer == "does not hold"
