"""Groups and times: who and when, on which side."""

import pytest

from seqloom.checking.grouping import group_columns, has, in_time, shared, time_columns
from seqloom.checking.part import Part
from seqloom.errors import InputError


def part(name: str, **columns: list[str]) -> Part:
    rows = len(next(iter(columns.values())))
    return Part(
        name,
        f"{name}.tsv",
        rows,
        lambda: iter(()),
        str,
        "label",
        lambda row: f"{name}.tsv:{row + 2}",
        list(columns),
        lambda column: iter(columns[column]),
    )


def test_groups_on_both_sides_are_counted() -> None:
    train, valid = part("train", 화자=["가", "가", "나", "다"]), part("valid", 화자=["나", "나", "라", "다"])
    found = shared(valid, train, "화자")
    assert (found.groups, found.of, found.rows, found.of_rows, found.names) == (2, 3, 3, 4, ["나", "다"])
    assert shared(part("valid", 화자=["라"]), train, "화자").groups == 0


def test_columns_of_groups_and_times_are_known_by_name() -> None:
    rows = part("train", user=["a", "b"] * 3, id=list("abcdef"), speaker=list("abcdef"), date=["1"] * 6, text=["x"] * 6)
    assert group_columns(rows, ["text"]) == ["user"]  # each speaker speaks once: no group
    assert (
        group_columns(rows, ["user"]) == []
        and time_columns(rows, []) == ["date"]
        and time_columns(rows, ["date"]) == []
    )


def test_held_out_rows_before_the_end_of_training_are_counted() -> None:
    train = part("train", date=["2024-01-01", "2024-03-01", "2024-02-01"])
    found = in_time(part("valid", date=["2024-02-15", "2024-03-01", "2024-04-01"]), train, "date")
    assert (found.early, found.of, found.first, found.last, found.known_last) == (
        2,
        3,
        "2024-02-15",
        "2024-04-01",
        "2024-03-01",
    )
    assert in_time(part("valid", date=["2024-03-02"]), train, "date").early == 0
    assert in_time(part("valid", t=["4", "9"]), part("train", t=["1", "5"]), "t").early == 1


def test_what_is_no_time_or_no_column_is_said() -> None:
    train = part("train", date=["2024-01-01", "soon"])
    with pytest.raises(InputError, match=r"train.tsv:3: column 'date'"):
        in_time(train, train, "date")
    with pytest.raises(InputError, match=r"train.tsv has no column 'dat'; did you mean 'date'"):
        has([train], "dat", "--time-column")
    with pytest.raises(InputError, match=r"dates in one and numbers in other"):
        in_time(part("valid", date=["7.5"]), part("train", date=["2024-01-01"]), "date")
