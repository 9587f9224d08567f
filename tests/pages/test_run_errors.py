"""The worst and the most typical errors, on rows made by hand."""

import numpy as np
import pytest

from seqloom.explaining.row_quality import OFF, RIGHT
from seqloom.pages.run_errors import errors_part, typical, wrong_rows
from seqloom.pages.run_look import Look, Row
from seqloom.pages.run_tellers import Teller, WrittenTeller
from seqloom.report.figures import Pictures, Table


class Named(Teller):
    """Rows by their numbers; those of `seen` have pictures."""

    def __init__(self, seen: bool = False) -> None:
        self._seen = seen

    def asked(self, row: int) -> str:
        return f"row {row}"

    def answered(self, outputs: object, batch: object) -> list[tuple[str, str, float | None]]:
        return []

    def picture(self, row: int) -> np.ndarray | None:
        return np.zeros((2, 2, 3), np.uint8) if self._seen else None


def row(number: int, nats: float, right: float = 0.0, true: str = "a", told: str = "b", of: float = 1.0) -> Row:
    return Row(number, 1, nats, 1.0, right, of, true, told, 0.9)


def look(rows: list[Row], quality: str = RIGHT) -> Look:
    return Look(len(rows), "label", rows, quality)


def test_the_wrong_ones_come_worst_first_and_the_right_ones_not() -> None:
    rows = [row(0, 1.0), row(1, 3.0), row(2, 9.0, right=1.0, told="a"), row(3, 2.0)]
    assert [one.number for one in wrong_rows(look(rows), Named())] == [1, 3, 0]


def test_a_row_whose_other_head_is_wrong_is_wrong() -> None:
    rows = [row(0, 1.0, right=2.0, of=2.0, true="(fly)", told="(stay)"), row(1, 1.0, right=2.0, of=2.0, told="a")]
    assert [one.number for one in wrong_rows(look(rows), Named())] == [0]


def test_of_numbers_the_farthest_off_is_the_worst() -> None:
    rows = [row(0, 9.0, right=0.1), row(1, 0.0, right=0.5), row(2, 1.0, right=0.0)]
    assert [one.number for one in wrong_rows(look(rows, OFF), Named())] == [1, 0, 2]


def test_an_answer_is_wrong_where_it_is_none_of_the_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    teller = WrittenTeller.__new__(WrittenTeller)
    monkeypatch.setattr(teller, "references", lambda number: ["good day", "hello"], raising=False)
    rows = [row(0, 1.0, told="hello"), row(1, 2.0, right=1.0, told="bye"), row(2, 3.0, told="good day | hello")]
    assert [one.number for one in wrong_rows(look(rows), teller)] == [2, 1]


def test_typical_ones_have_as_many_worse_as_better() -> None:
    rows = [row(number, -number) for number in range(100)]
    assert [one.number for one in typical(rows, 4)] == [48, 49, 50, 51]
    assert typical(rows[:3], 8) == rows[:3] and typical([], 8) == []


def test_the_part_has_both_tables_and_pictures_where_there_are() -> None:
    rows = [row(number, float(number)) for number in range(40)]
    part = errors_part(look(rows), Named(seen=True))
    tables = [one for one in part.figures if isinstance(one, Table)]
    assert [one.title for one in tables] == ["The worst", "The most typical"]
    assert [cells[0] for cells in tables[0].rows][:2] == ["row 39", "row 38"]
    assert tables[1].rows[0][0] == "row 23"
    assert "40 of the 40 rows" in part.about
    seen = [one for one in part.figures if isinstance(one, Pictures)]
    assert [len(one.pictures) for one in seen] == [6, 6] and seen[0].names[0] == "row 39\ntrue: a\ntold: b"
    assert not any(isinstance(one, Pictures) for one in errors_part(look(rows), Named()).figures)


def test_few_errors_are_named_once() -> None:
    part = errors_part(look([row(number, float(number)) for number in range(3)]), Named())
    (table,) = part.figures
    assert isinstance(table, Table) and len(table.rows) == 3


def test_without_an_error_the_least_sure_are_shown() -> None:
    rows = [row(number, float(number), right=1.0, told="a") for number in range(12)]
    part = errors_part(look(rows), Named())
    (table,) = part.figures
    assert part.about == "None of the 12 rows that were looked at is told wrong."
    assert isinstance(table, Table) and table.rows[0][0] == "row 11" and len(table.rows) == 8


def test_a_number_is_off_by_what_a_person_would_subtract() -> None:
    rows = [Row(0, 1, 0.0, 1.0, 0.25, 1.0, "10", "12.5")]
    (table,) = errors_part(look(rows, OFF), Named()).figures
    assert isinstance(table, Table)
    assert table.columns == ["row", "true", "told", "off by"] and table.rows[0][3] == 2.5
