"""Confusion, calibration and labels, on counts made by hand."""

import numpy as np
import pytest

from seqloom.pages.run_labels import by_label, confusion, labels_part, reliability
from seqloom.pages.run_look import Look
from seqloom.report.figures import Heat, Table


def test_shares_are_of_each_true_label_and_mistakes_are_ranked() -> None:
    heat, table = confusion(np.array([[8.0, 2.0, 0.0], [3.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), ["가", "나", "다"])
    assert isinstance(heat, Heat) and isinstance(table, Table)
    assert heat.values[0].tolist() == [0.8, 0.2, 0.0] and np.isnan(heat.values[2]).all()
    assert heat.rows == ["가 (10)", "나 (4)", "다 (0)"] and heat.columns == ["가", "나", "다"]
    assert table.rows == [("나", "가", 3, "75.0%"), ("가", "나", 2, "20.0%")]


def test_many_labels_have_no_matrix_and_no_mistakes_no_table() -> None:
    names = [str(at) for at in range(31)]
    assert confusion(np.eye(31), names) == []
    assert [type(one) for one in confusion(np.eye(3), names[:3])] == [Heat]
    assert [type(one) for one in confusion(np.ones((31, 31)), names)] == [Table]


def test_the_line_of_calibration_goes_through_what_is_right() -> None:
    sure = np.array([0.95] * 10 + [0.65] * 10)
    told = np.stack([sure, 1 - sure], -1)
    true = np.array([0] * 9 + [1] + [0] * 5 + [1] * 5)
    figure = reliability(told, true)
    line = figure.lines[0]
    assert line.x.tolist() == pytest.approx([0.65, 0.95]) and line.y.tolist() == pytest.approx([0.5, 0.9])
    assert line.low is not None and line.high is not None
    assert (line.low <= line.y).all() and (line.y <= line.high).all() and line.low[0] < 0.5 < line.high[0]


ROWS = [{"label": "a", "precision": 1.0, "recall": 0.5, "f1": 2 / 3, "rows": 2}]


def test_recall_has_an_interval_where_rows_are_known() -> None:
    known = Look(2, "label", arrays={"probabilities": np.array([[0.9, 0.1], [0.2, 0.8]]), "true": np.array([0, 0])})
    table = by_label(ROWS, known)
    assert table.columns[3] == "95 % of recall" and table.rows == [("a", 1.0, 0.5, "0.000 to 1.000", 0.6667, 2)]
    unknown = by_label(ROWS, Look(2, "tags"))
    assert "95 % of recall" not in unknown.columns and unknown.rows == [("a", 1.0, 0.5, 0.6667, 2)]


def test_there_is_no_part_where_no_label_is_told() -> None:
    assert labels_part(Look(2, "number", details={"baseline": {}})) is None
