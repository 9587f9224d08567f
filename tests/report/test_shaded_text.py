"""Looks on a terminal."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.look import Look
from seqloom.report.shaded_text import as_text


def test_a_map_for_each_word() -> None:
    weights = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.25, 0.25], [0.25, 0.25]]])
    lines = as_text(Look(np.zeros((4, 4)), weights, ["a", "고양이"]), 40)
    assert lines[:3] == ["a 1.00        고양이 0.25", "██            ████", "              ████"]


def test_maps_that_do_not_fit_go_on_below() -> None:
    look = Look(np.zeros((4, 4)), np.full((5, 3, 3), 1 / 9), ["word"] * 5)
    lines = as_text(look, 24)
    assert lines.count("") == 2 and max(map(cell_len, lines[:-1])) <= 24
