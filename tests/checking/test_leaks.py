"""Leaks and duplicates: whatever is planted is found, all of it, and nothing else."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.checking.leaks import leaks, twice
from seqloom.checking.part import Part, Told
from seqloom.checking.survey import Survey, survey

Rows = Sequence[tuple[str, str]]


def part(name: str, rows: Rows, kind: Told = "label", what: str = "rows", written: bool = True) -> Part:
    return Part(
        name,
        f"{name}.tsv",
        len(rows),
        lambda: ((text, (label,)) for text, label in rows),
        lambda row: rows[row][0],
        kind,
        lambda row: f"{name}.tsv:{row + 1}",
        written=written,
        what=what,
    )


def surveyed(train: Rows, valid: Rows, kind: Told = "label", what: str = "rows") -> tuple[Survey, Survey]:
    known = survey(part("train", train, kind, what))
    return survey(part("valid", valid, kind, what), known), known


def test_planted_leaks_are_all_found() -> None:
    draw = np.random.default_rng(0)
    words = [f"낱말{n}" for n in range(200)]
    train = [(" ".join(draw.choice(words, 12)) + f" row {n}", "ab"[n % 2]) for n in range(500)]
    fresh = [(" ".join(draw.choice(words, 12)) + f" new {n}", "a") for n in range(100)]
    exact = train[:40]
    plain = [(text.upper().replace(" ", "  ") + " !", label) for text, label in train[40:90]]
    close = [(text.replace("row", "raw", 1), "a") for text, _ in train[90:120]]
    held, known = surveyed(train, [*fresh, *exact, *plain, *close])
    found = {leak.kind: leak for leak in leaks(held, known)}
    assert {kind: leak.rows for kind, leak in found.items()} == {"exact": 40, "normal": 50, "near": 30}
    assert found["exact"].same == 40 and found["normal"].same == 50 and found["near"].same == 15
    first = found["exact"].examples[0]
    assert (first.where, first.other, first.text) == ("valid.tsv:101", "train.tsv:1", train[0][0])
    assert found["normal"].examples[1].other == "train.tsv:42"
    assert found["near"].examples[0].other == "train.tsv:91" and 0.8 <= found["near"].examples[0].share < 1
    assert all(leak.of == 220 and leak.all for leak in found.values())


def test_nothing_planted_nothing_found() -> None:
    held, known = surveyed([("하나 둘", "a"), ("셋 넷", "b")], [("다섯", "a")])
    assert leaks(held, known) == []


@given(st.lists(st.text(max_size=5), max_size=12), st.lists(st.text(max_size=5), max_size=12))
def test_exact_leaks_are_those_a_set_finds(train: list[str], valid: list[str]) -> None:
    held, known = surveyed([(text, "x") for text in train], [(text, "x") for text in valid])
    found = {leak.kind: leak.rows for leak in leaks(held, known)}
    assert found.get("exact", 0) == sum(text in set(train) for text in valid)
    assert twice(known).rows == len(train) - len(set(train))


def test_rows_twice_and_rows_told_otherwise() -> None:
    rows = [("good", "a"), ("bad", "b"), ("good", "a"), ("Good!", "b"), ("good", "c"), ("one", "a")]
    found = twice(survey(part("train", rows)))
    assert (found.rows, found.normal, found.unlike) == (2, 3, 4)
    assert found.best == pytest.approx(4 / 6)  # good: a is right in two of four
    assert [(one.where, one.other) for one in found.examples] == [
        ("train.tsv:3", "train.tsv:1"),
        ("train.tsv:5", "train.tsv:1"),
    ]
    (odd,) = found.conflicts
    label = {f"train.tsv:{place + 1}": label for place, (_, label) in enumerate(rows)}
    assert label[odd.where] != label[odd.other] and "train.tsv:2" not in (odd.where, odd.other)


def test_of_a_text_short_lines_may_come_again() -> None:
    rows = [("ROMEO:", ""), ("a line that is long enough to count", ""), ("ROMEO:", "")] * 2
    found = twice(survey(part("train", rows, "nothing", "lines")))
    assert (found.rows, found.unlike, found.best) == (1, 0, 1.0)
    held, known = surveyed(rows, rows[:2], "nothing", "lines")
    (leak,) = leaks(held, known)
    assert (leak.kind, leak.rows, leak.of, leak.same) == ("exact", 1, 1, None)


def test_hashes_of_numbers_are_compared_as_they_are() -> None:
    known = survey(part("train", [("AB12", "x"), ("cd", "y")], written=False))
    held = survey(part("valid", [("ab12", "x"), ("cd", "x")], written=False), known)
    (leak,) = leaks(held, known)
    assert (leak.kind, leak.rows, leak.same, leak.examples[0].text) == ("exact", 1, 0, "")


def test_letters_and_labels_are_surveyed() -> None:
    held, known = surveyed([("ab", "x"), ("ba", "y")], [("ab", "z"), ("abc", "x"), ("각b", "z")])
    assert known.letters == set("ab") and known.strange == 0
    assert (held.strange, held.first_strange) == (2, (1, "c")) and held.labels == {"z": 2, "x": 1}
