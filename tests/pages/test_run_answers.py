"""Numbers beside the true ones, texts beside the right ones, types of questions: on rows made by hand."""

import numpy as np
import pytest

from seqloom.pages.run_answers import numbers_part, types_part, written_part
from seqloom.pages.run_look import Look, Row
from seqloom.pages.run_tellers import Teller
from seqloom.report.figures import Lines, Points, Table


class Named(Teller):
    """Rows by their numbers."""

    def asked(self, row: int) -> str:
        return f"row {row}"

    def answered(self, outputs: object, batch: object) -> list[tuple[str, str, float | None]]:
        return []


def test_numbers_are_drawn_against_the_truth_and_beside_the_mean() -> None:
    true, told = np.array([0.0, 2.0, 4.0]), np.array([0.5, 2.0, 3.0])
    rows = [Row(at, 1, 0.0, 1.0, 0.0, 1.0) for at in range(3)]
    points, spread = numbers_part(Look(3, "number", rows, arrays={"numbers": told, "true": true}), Named()).figures
    assert isinstance(points, Points) and isinstance(spread, Lines)
    assert points.x.tolist() == true.tolist() and points.y.tolist() == told.tolist()
    assert points.names == ["row 0", "row 1", "row 2"]
    ours, mean = spread.lines
    assert ours.x.tolist() == [0.0, 0.5, 1.0] and ours.y.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert mean.x.tolist() == [0.0, 2.0, 2.0], "the mean of the true numbers is 2"


def test_texts_of_all_lengths_are_shown_short_ones_first() -> None:
    rows = [Row(at, 100 - at, 0.0, 1.0, 0.0, 1.0, f"right {at}", f"told {at}") for at in range(100)]
    details = {
        "signatures": {"bleu": "nrefs:1"},
        "edits": {"words": {"substitutions": 1, "deletions": 2, "insertions": 3, "length": 40}},
    }
    part = written_part(Look(100, "words", rows, details=details), Named())
    shown, edits = part.figures
    assert isinstance(shown, Table) and isinstance(edits, Table)
    assert [row[0] for row in shown.rows] == [f"row {at}" for at in range(99, 0, -10)]
    assert shown.rows[0] == ["row 99", "right 99", "told 99"]
    assert edits.rows == [("words", 1, 2, 3, 40)] and part.notes == ["bleu: nrefs:1"]


def test_long_texts_are_cut_in_their_middle() -> None:
    row = Row(0, 1, 0.0, 1.0, 0.0, 1.0, "가" * 500, "end")
    (table,) = written_part(Look(1, "words", [row]), Named()).figures
    assert isinstance(table, Table) and len(str(table.rows[0][1])) == 240


def test_types_of_questions_are_a_table_where_there_are_several() -> None:
    kinds = [{"type": "what", "accuracy": 0.75, "questions": 4.0}, {"type": "어느", "accuracy": 0.5, "questions": 2.0}]
    part = types_part(Look(6, "label", details={"types": kinds}))
    assert part is not None
    (table,) = part.figures
    assert isinstance(table, Table) and table.rows == [("what", 0.75, 4), ("어느", 0.5, 2)]
    assert types_part(Look(6, "label", details={"types": kinds[:1]})) is None and types_part(Look(1, "label")) is None
