"""Which label may follow which, in each scheme."""

import itertools

import pytest

from seqloom.data.moves import Scheme, moves, part

OUT = -1


def valid(labels: list[str], scheme: Scheme | None, row: str) -> bool:
    may = moves(labels, scheme)
    assert may is not None
    ids = [OUT, *(labels.index(label) for label in row.split()), OUT]
    return all(may[a, b] for a, b in itertools.pairwise(ids))


IOB = ["O", "B-P", "I-P", "B-곳", "I-곳"]
BIOES = ["O", "B-P", "I-P", "E-P", "S-P", "B-Q", "E-Q"]


@pytest.mark.parametrize(
    ("scheme", "row", "wanted"),
    [
        ("iob2", "O B-P I-P O", True),
        ("iob2", "B-P B-P I-P", True),
        ("iob2", "B-곳 B-P I-P", True),
        ("iob2", "I-P", False),
        ("iob2", "O I-P", False),
        ("iob2", "B-P I-곳", False),
        ("iob2", "B-P O I-P", False),
        ("iob1", "I-P I-P O I-곳", True),
        ("iob1", "I-P I-곳", True),
        ("iob1", "I-P B-P I-P", True),
        ("iob1", "B-P", False),
        ("iob1", "I-곳 B-P", False),
    ],
)
def test_iob(scheme: Scheme, row: str, wanted: bool) -> None:
    assert valid(IOB, scheme, row) is wanted


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("S-P S-P B-P E-P O", True),
        ("B-P I-P I-P E-P B-Q E-Q", True),
        ("B-P", False),
        ("B-P O", False),
        ("B-P S-P", False),
        ("I-P E-P", False),
        ("B-P E-Q", False),
        ("E-P", False),
        ("S-P E-P", False),
    ],
)
def test_bioes(row: str, wanted: bool) -> None:
    assert valid(BIOES, None, row) is wanted


def test_the_scheme_is_found_from_the_labels() -> None:
    assert moves(["NOUN", "VERB"]) is None
    assert not valid(IOB, None, "O I-P")  # iob2
    assert valid(["O", "I-P"], None, "O I-P I-P")  # only I: iob1
    assert moves(["O", "X-1", "E-mail"]) is None  # prefixes that no scheme has


def test_a_label_with_a_dash_of_its_own_is_outside() -> None:
    assert part("ADJ-x", "iob2") == ("O", "")
    assert part("B-a-b", "iob2") == ("B", "a-b")
    assert part("S-P", "iob2") == ("O", "")
