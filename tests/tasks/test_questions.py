"""Which rows are answered in an evaluation, and what is right."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.pairs import Pairs, Side
from seqloom.data.rows import read
from seqloom.tasks.questions import Questions


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    (tmp_path / "p.tsv").write_text("밤\tb1\n눈\tn1\n밤\tb2\n눈\tn1\n말\tm\n", encoding="utf-8")
    rows = read(tmp_path / "p.tsv", header=False)
    return Pairs("p.tsv", Side(rows, ("1",), np.arange(5)), Side(rows, ("2",), np.arange(5)))


LENGTHS = [3, 2, 3, 2, 1]


def test_every_row_is_a_question(pairs: Pairs) -> None:
    questions = Questions(pairs, LENGTHS, variants=False)
    assert questions.rows == {0, 1, 2, 3, 4} and questions.all == 5
    assert questions.references(2) == ["b2"]


def test_rows_of_one_source_are_one_question_with_every_right_answer(pairs: Pairs) -> None:
    questions = Questions(pairs, LENGTHS, variants=True)
    assert questions.rows == {0, 1, 4} and questions.all == 3
    assert questions.references(0) == ["b1", "b2"] and questions.references(1) == ["n1"]


def test_some_are_spread_over_lengths_and_begin_with_the_shortest(pairs: Pairs) -> None:
    assert Questions(pairs, LENGTHS, variants=False, most=2).rows == {4, 3}
    assert Questions(pairs, LENGTHS, variants=True, most=2).rows == {4, 1}
    assert Questions(pairs, LENGTHS, variants=False, most=9).rows == {0, 1, 2, 3, 4}
    assert len(Questions(pairs, LENGTHS, variants=False, most=4)) == 4


def test_the_representative_of_a_source_is_its_shortest_row(pairs: Pairs) -> None:
    questions = Questions(pairs, [9, 2, 3, 2, 4], variants=True)
    assert questions.rows == {1, 2, 4} and questions.references(2) == ["b2", "b1"]
