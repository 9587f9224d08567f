"""Puzzles of memory: a row holds what its answer needs, at the distance asked for, and nothing else tells it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.made_memory import BLANK, CALL, ITEMS, SYMBOLS, adding, copy, make_adding, make_copy
from seqloom.errors import InputError


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))


def test_a_sum_is_of_the_two_numbers_marked(tmp_path: Path) -> None:
    make_adding(tmp_path, 300, seed=1, length=7)
    sums, places = [], []
    for part, count in (("train", 300), ("valid", 30), ("test", 30)):
        head, *rows = table(tmp_path / f"{part}.tsv")
        assert head == ["numbers", "marks", "value"] and len(rows) == count
        for numbers, marks, value in rows:
            drawn, marked = np.array(numbers.split(), float), np.array(marks.split(), float)
            assert len(drawn) == len(marked) == 7 and ((drawn >= 0) & (drawn < 1)).all()
            (first, second) = np.flatnonzero(marked)
            assert first < 3 <= second, "one in each half"
            assert abs(float(value) - drawn @ marked) < 1e-9, "to the last digit that is written"
            sums.append(float(value))
            places.append((first, second))
    assert {first for first, _ in places} == {0, 1, 2} and {second for _, second in places} == {3, 4, 5, 6}
    squares = (np.array(sums) - 1) ** 2
    assert abs(squares.mean() - 1 / 6) < 4 * squares.std() / len(sums) ** 0.5, "what saying 1 always costs"


def test_a_copy_asks_for_the_first_symbols_at_the_last_steps(tmp_path: Path) -> None:
    make_copy(tmp_path, 60, seed=1, length=4)
    head, *rows = table(tmp_path / "train.tsv")
    assert head == ["words", "tags"] and len(rows) == 60
    seen = set()
    for words, tags in ([cell.split() for cell in row] for row in rows):
        assert len(words) == len(tags) == 4 + 2 * ITEMS  # of T + 20 steps, as in the paper
        assert words[ITEMS:] == [BLANK] * 3 + [CALL] * 11
        assert tags == [BLANK] * 14 + words[:ITEMS] and set(words[:ITEMS]) <= set(SYMBOLS)
        seen |= set(words[:ITEMS])
    assert seen == set(SYMBOLS)


def test_the_three_parts_are_of_other_rows(tmp_path: Path) -> None:
    for name, make in (("adding", make_adding), ("copy", make_copy)):
        (tmp_path / name).mkdir()
        commands = make(tmp_path / name, 200, seed=3, length=5)
        rows = [
            {tuple(row) for row in table(tmp_path / name / f"{part}.tsv")[1:]} for part in ("train", "valid", "test")
        ]
        assert [len(part) for part in rows] == [200, 20, 20] and not rows[0] & (rows[1] | rows[2]) | rows[1] & rows[2]
        assert all(line.startswith("seqloom train") and str(tmp_path / name / "valid.tsv") in line for line in commands)


def test_the_usual_lengths_are_those_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    assert len(adding(rng, 200)[0].split()) == 200 and len(copy(rng, 100)[0].split()) == 120


@pytest.mark.parametrize(
    ("make", "length", "said"),
    [(make_adding, 1, "at least 2"), (make_copy, 0, "at least 1"), (make_copy, 10**9, "at most")],
)
def test_a_length_that_cannot_be_is_refused(tmp_path: Path, make, length: int, said: str) -> None:
    with pytest.raises(InputError, match=f"--length {length}: .*{said}"):
        make(tmp_path, 40, 7, length)
    assert not list(tmp_path.iterdir())
