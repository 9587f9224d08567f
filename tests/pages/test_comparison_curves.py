"""Learning curves over seeds."""

import numpy as np
import pytest

from seqloom.pages.comparison_curves import BETWEEN, LONG, curves, together


def cell(arch: str, values: list[float | None], pace: float = 1.0, metric: str = "accuracy") -> dict:
    curve = [{"step": 10 * at, "seconds": pace * at, "value": value} for at, value in enumerate(values, 1)]
    return {"arch": arch, "metric": metric, "curve": curve}


def test_a_line_is_the_mean_and_its_band_goes_from_the_lowest_to_the_highest() -> None:
    cells = [cell("gru", [0.1, 0.2]), cell("gru", [0.3, 0.6]), cell("gru", [0.2, 0.1])]
    by_steps, by_time = curves(cells, ["gru"], 100.0)
    (line,) = by_steps.lines
    assert line.x.tolist() == [10, 20] and np.allclose(line.y, [20, 30])
    assert line.low is not None and line.high is not None
    assert np.allclose(line.low, [10, 10]) and np.allclose(line.high, [30, 60])
    assert by_steps.y == "accuracy, on validation rows" and "band" in by_steps.caption
    assert by_time.x == "seconds of training and validating" and by_time.lines[0].x.tolist() == [1, 2]


def test_one_seed_has_no_band_and_archs_stand_in_the_order_given() -> None:
    (figure, _) = curves([cell("gru", [0.1, 0.2]), cell("나", [0.3])], ["나", "lstm", "gru"], 1.0)
    assert [line.name for line in figure.lines] == ["나", "gru"] and figure.lines[0].low is None
    assert "band" not in figure.caption


def test_long_runs_are_told_in_minutes() -> None:
    (_, figure) = curves([cell("gru", [0.1, 0.2], pace=LONG)], ["gru"], 1.0)
    assert figure.x.startswith("minutes") and figure.lines[0].x.tolist() == [LONG / 60, LONG / 30]


def test_what_has_no_value_is_no_point_and_what_has_no_curve_no_line() -> None:
    cells = [cell("gru", [None, 0.5, float("nan"), 0.7]), {"arch": "rnn", "status": "failed"}, cell("lstm", [])]
    (figure, _) = curves(cells, ["gru", "rnn", "lstm"], 1.0)
    (line,) = figure.lines
    assert line.x.tolist() == [20, 40] and line.y.tolist() == [0.5, 0.7]
    assert curves(cells[1:], ["gru", "rnn", "lstm"], 1.0) == []


def test_courses_meet_where_all_of_them_go() -> None:
    one, other = (np.array([0.0, 10]), np.array([0.0, 10])), (np.array([2.0, 4]), np.array([1.0, 3]))
    found = together([one, other])
    assert found is not None
    x, values = found
    assert (x[0], x[-1], len(x)) == (2, 4, BETWEEN)
    assert np.allclose(values[0], x) and np.allclose(values[1], x - 1)
    assert together([one, (np.array([11.0]), np.array([1.0]))]) is None and together([]) is None
    touching = together([one, (np.array([10.0, 12]), np.array([5.0, 6]))])
    assert touching is not None and touching[0].tolist() == [10] and touching[1].tolist() == [[10], [5]]


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_points_does_not_matter(order: int) -> None:
    cells = [cell("gru", [0.1, 0.2, 0.4])]
    cells[0]["curve"] = cells[0]["curve"][::order]
    assert curves(cells, ["gru"], 1.0)[0].lines[0].y.tolist() == [0.1, 0.2, 0.4]
