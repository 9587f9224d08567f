"""Plots on a terminal."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.figures import Bars, Line, Lines, Points
from seqloom.report.plot_text import BARS, HIGH, LISTED, of_bars, of_lines, of_points


def line(name: str, y: list[float], x: list[float] | None = None) -> Line:
    return Line(name, np.arange(len(y), dtype=float) if x is None else np.array(x), np.array(y))


def test_a_line_goes_from_corner_to_corner() -> None:
    lines = of_lines(Lines("", [line("up", [0, 1])], "step", "y"), 40)
    assert lines[0] == "y" and lines[1].startswith("1 │") and lines[1].endswith("•")
    assert lines[HIGH] == "0 │••" and lines[HIGH + 2].split() == ["0", "step", "1"]
    assert lines[-1] == "• up  first 0  last 1  least 0  most 1"
    assert max(map(cell_len, lines)) <= 40


def test_lines_are_told_apart_by_letters_and_a_gap_stays_a_gap() -> None:
    lines = of_lines(Lines("", [line("one", [0, 0, np.nan, 0, 0]), line("두", [1, 1, 1, 1, 1])], "", ""), 60)
    low = lines[HIGH - 1]
    assert set(low.split("│")[1]) == {"a", " "} and "a" + " " * 10 in low.replace("0 │", "")
    assert set(lines[0].split("│")[1]) == {"b"}
    assert lines[-2].startswith("a one") and lines[-1].startswith("b 두 ")


def test_a_logarithmic_axis_is_straight_for_a_geometric_fall() -> None:
    lines = of_lines(Lines("", [line("fall", [1, 1e-2, 1e-4])], "", "", y_scale="log"), 43)
    places = [(row, one) for row, text in enumerate(lines[:HIGH]) for one, sign in enumerate(text) if sign == "•"]
    rows, columns = np.array(places).T
    assert np.corrcoef(rows, columns)[0, 1] > 0.99 and lines[HIGH - 1].startswith("0.0001 │")


def test_marks_and_ticks_are_named() -> None:
    figure = Lines("", [line("v", [1, 2, 3])], "token", "", ticks=["나", " ", "go"], marks=[(1, "here")])
    lines = of_lines(figure, 40)
    assert lines[HIGH + 1].split() == ["나", "␣", "go"] and "│ at token 1: here" in lines
    assert sum("│" in text.partition("│")[2] for text in lines[:HIGH]) >= HIGH - 1


def test_one_point_is_drawn() -> None:
    assert sum(text.count("•") for text in of_lines(Lines("", [line("p", [0.5])], "", ""), 40)[:HIGH]) == 1


def test_bars_go_from_0_to_either_side() -> None:
    lines = of_bars(Bars("", ["나", "b", "c"], np.array([2.0, -1.0, np.nan]), "y"), 30)
    assert lines[0] == "y" and lines[3] == " c │" + " " * 22 + "none"
    assert lines[1].endswith("2") and lines[2].endswith("-1")
    start = lines[1].index("█")
    assert lines[2].count("▒") == 7 and lines[1].count("█") == 13 and lines[2].rindex("▒") + 1 == start + 1


def test_bars_say_their_intervals_and_groups() -> None:
    bars = Bars("", ["8", "8"], np.ones(2), "", np.array([0.5, 0.9]), np.array([1.5, 1.1]), ["rnn", "lstm"])
    assert [text.split("│")[0].strip() for text in of_bars(bars, 60)] == ["8 (rnn)", "8 (lstm)"]
    assert of_bars(bars, 60)[0].endswith("1 [0.5, 1.5]")


def test_of_many_bars_the_longest_are_told() -> None:
    values = np.zeros(BARS + 10)
    values[-1] = -5.0
    lines = of_bars(Bars("", [f"u{at}" for at in range(len(values))], values, ""), 60)
    assert len(lines) == BARS + 1 and lines[-1] == f"the {BARS} longest of {BARS + 10} bars" and "-5" in lines[-2]


def test_points_are_told_apart_by_groups_and_named_where_they_are_few() -> None:
    figure = Points("", np.arange(3.0), np.arange(3.0), ["x", "y", "나"], "pc1", "pc2", ["q", "r", "q"])
    lines = of_points(figure, 40)
    assert lines[-5:] == ["a q", "b r", "a x   0, 0", "b y   1, 1", "a 나  2, 2"]
    many = LISTED + 1
    lines = of_points(Points("", np.arange(float(many)), np.zeros(many), ["n"] * many), 40)
    assert lines[-1] == f"{many} points; a page or picture says which is which"


def test_points_say_their_intervals_and_their_front() -> None:
    x = np.array([1.0, 10.0, 100.0])
    figure = Points(
        "", x, x, ["a", "나", "c"], low=np.array([0.5, np.nan, 90.0]), high=x + 10, steps=[0, 2], x_scale="log"
    )
    lines = of_points(figure, 60)
    assert "• a   1, 1 [0.5, 11]" in lines and "• 나  10, 10" in lines and lines[-1] == "on the front: a, c"
    drawn = lines[1 : HIGH + 1]
    columns = sorted({at for line in drawn for at, sign in enumerate(line.partition("│")[2]) if sign == "•"})
    assert len(columns) == 3 and abs(columns[0] + columns[2] - 2 * columns[1]) <= 1, "on a logarithm they lie evenly"
