"""Heat maps on a terminal."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.figures import Heat
from seqloom.report.heat_text import as_text


def test_signs_are_as_dark_as_values_are_large() -> None:
    lines = as_text(Heat("", np.array([[0.0, 0.5], [0.75, 1.0]]), ["a", "나"], ["x", "y"]), 40)
    assert lines == ["    x y ", " a │  ▒▒", "나 │▓▓██", "    darkest █ = 1, blank = 0"]


def test_below_0_has_signs_of_its_own_and_a_gap_a_dot() -> None:
    lines = as_text(Heat("", np.array([[-2.0, -1, 0, 2, np.nan]]), ["r"], list("abcde"), signed=True), 40)
    assert lines[1:] == ["r │##==  ██··", "   darkest █ = 2, 0 is blank, # = -2, · none"]


def test_the_axes_are_named() -> None:
    assert as_text(Heat("", np.ones((1, 1)), ["r"], ["c"], "head", "token"), 40)[0] == "head downwards, token across"


def test_a_wide_grid_goes_on_below_and_a_wider_one_is_averaged() -> None:
    wide = Heat("", np.ones((2, 90)), ["a", "b"], ["x"] * 90)
    lines = as_text(wide, 50)
    assert lines.count("") == 1 and max(map(cell_len, lines)) <= 50 and not any("mean" in line for line in lines)
    wider = Heat("", np.ones((100, 1000)), ["a"] * 100, ["x"] * 1000)
    lines = as_text(wider, 50)
    assert max(map(cell_len, lines)) <= 50 and lines[-1].strip() == "each sign is the mean of 3 rows by 8 columns"
