"""Values with their intervals, on a terminal."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.figures import Intervals
from seqloom.report.interval_text import SHOWN, as_text


def test_a_line_goes_from_end_to_end_with_the_value_on_it() -> None:
    figure = Intervals("", ["a", "나나"], np.array([5.0, 0.0]), np.array([0.0, np.nan]), np.array([10.0, np.nan]), "x")
    head, first, second = as_text(figure, 40)
    assert head == "x" and first.startswith("   a  ├") and first.endswith("┤  5 [0, 10]")
    line = first[6 : first.index("┤") + 1]
    assert set(line) == {"├", "─", "●", "┤"} and abs(line.index("●") - len(line) / 2) <= 1
    assert second.startswith("나나  ●") and second.endswith("  0") and "├" not in second
    assert max(map(cell_len, (first, second))) <= 40


def test_the_mark_is_where_it_is_said_and_within_the_axis() -> None:
    values = np.array([1.0, 2.0])
    lines = as_text(Intervals("", ["a", "b"], values, values - 0.5, values + 0.5, "", mark=0.0), 60)
    assert all(line[3] == "┊" for line in lines) and "┊" not in lines[0][4:]


def test_what_is_no_number_is_said_and_many_rows_are_cut() -> None:
    many = SHOWN + 5
    ones = np.ones(many)
    ones[0] = np.nan
    lines = as_text(Intervals("", [f"n{at}" for at in range(many)], ones, ones, ones, ""), 60)
    assert lines[0].endswith("none") and lines[-1] == f"the first {SHOWN} of {many} rows" and len(lines) == SHOWN + 1


def test_groups_are_said_where_names_do_not() -> None:
    ones = np.ones(2)
    lines = as_text(Intervals("", ["a", "a"], ones, ones, ones, "", groups=["gru", "a"]), 60)
    assert lines[0].startswith("a (gru)  ") and lines[1].startswith("      a  ")
