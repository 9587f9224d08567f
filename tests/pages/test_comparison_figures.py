"""The figures of a comparison."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqloom.pages import comparison_figures as figures
from seqloom.report.figures import Intervals, Lines

Made = Callable[..., dict[str, Any]]
NUMBERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8)


def test_each_architecture_has_its_mean_its_interval_and_its_seeds(made: Made) -> None:
    told = made(failed=[("gru", 1)])
    figure = figures.quality(told)
    gru = next(one for one in told["archs"] if one["arch"] == "gru")
    at = list(figure.names).index("gru")
    assert figure.x == "accuracy (%)" and figure.groups == figure.names
    assert np.allclose(
        [figure.values[at], figure.low[at], figure.high[at]], [100 * gru[key] for key in ("mean", "hlow", "hhigh")]
    )
    seeds = [100 * one["quality"] for one in told["cells"] if one["arch"] == "gru" and one["status"] == "done"]
    assert np.allclose([one for one in figure.dots[at] if np.isfinite(one)], seeds) and len(seeds) == 2


def test_pairs_are_drawn_about_no_difference(made: Made) -> None:
    figure = figures.pairs(made())
    assert figure.mark == 0.0 and figure.names[2] == "gru - rnn" and (np.asarray(figure.values) >= 0).all()
    assert (figure.low <= figure.values).all() and (figure.values <= figure.high).all()
    assert figure.groups is not None
    shown = dict(zip(figure.names, figure.groups, strict=True))
    assert shown["gru - rnn"] == "difference shown" and shown["gru - lstm"] == "no difference shown"
    untested = figures.pairs(made(failed=[("rnn", seed) for seed in range(3)]))
    assert list(untested.groups or ())[-1] == "not tested"


def test_the_front_is_of_those_that_no_other_beats() -> None:
    costs, values = np.array([1.0, 2.0, 3.0, 2.0, np.nan, 9.0]), np.array([1.0, 5.0, 5.0, 4.0, 9.0, np.nan])
    assert figures.front(costs, values) == [0, 1]
    assert figures.front(np.ones(2), np.ones(2)) == [0, 1], "those that are alike are both on it"


@given(NUMBERS)
def test_of_those_off_the_front_each_is_beaten_by_one_on_it(rows: list[tuple[int, int]]) -> None:
    costs, values = np.array(rows, dtype=float).T
    found = figures.front(costs, values)
    assert found and sorted(costs[found]) == list(costs[found])
    for one in range(len(rows)):
        better = [at for at in found if costs[at] <= costs[one] and values[at] >= values[one] and rows[at] != rows[one]]
        assert bool(better) != (one in found)


def test_quality_is_drawn_against_costs_that_differ(made: Made) -> None:
    time, latency = figures.against_costs(made())
    assert (time.x_name, latency.x_name) == ("time to train (s)", "latency of a row, median (ms)")
    assert [time.names[place] for place in time.steps] == ["rnn", "gru"] and time.x_scale == "linear"
    told = made()
    for place, one in enumerate(told["archs"]):
        one["parameters"] = 10 ** (place + 3)
    wide = figures.against_costs(told)[1]
    assert wide.x_name == "parameters" and wide.x_scale == "log"
    told["measure"] = {**told["measure"], "higher": False}
    least = figures.against_costs(told)[0]
    assert [least.names[place] for place in least.steps] == ["rnn"], (
        "where less is better, the cheapest is the best too"
    )


def test_one_architecture_alone_has_nothing_to_be_drawn_against(made: Made) -> None:
    assert figures.against_costs(made(("gru",))) == []
    lost = made(("gru", "lstm"), failed=[("lstm", seed) for seed in range(3)])
    assert figures.against_costs(lost) == []


def test_parts_are_drawn_as_lines_and_classes_as_rows(made: Made) -> None:
    told = made()
    lengths = figures.in_parts(told, "by_length")
    assert isinstance(lengths, Lines) and lengths.ticks == ["1-10", "11-20", "21-30", "31-40"]
    assert [line.name for line in lengths.lines] == ["gru", "lstm", "transformer", "rnn"]
    assert np.allclose(lengths.lines[-1].y, [90, 85, 80, 75]) and lengths.lines[0].low is not None
    classes = figures.in_parts(told, "by_class")
    assert isinstance(classes, Intervals) and list(classes.names[:5]) == ["좋음"] * 4 + ["나쁨"]
    assert classes.groups is not None and list(classes.groups[:4]) == ["gru", "lstm", "transformer", "rnn"]
    assert figures.in_parts({**told, "by_rarity": {}}, "by_rarity") is None


def test_a_part_that_one_of_them_lacks_is_a_gap(made: Made) -> None:
    told = made(("lstm", "gru"))
    told["by_length"]["gru"] = told["by_length"]["gru"][1:]
    told["by_length"]["lstm"][2] |= {"mean": None, "low": None, "high": None}
    figure = figures.in_parts(told, "by_length")
    assert (
        isinstance(figure, Lines)
        and figure.ticks is not None
        and sorted(figure.ticks) == sorted(["11-20", "21-30", "31-40", "1-10"])
    )
    gru, lstm = figure.lines
    assert np.isnan(gru.y[list(figure.ticks).index("1-10")]) and np.isfinite(gru.y).sum() == 3
    assert np.isnan(lstm.y[list(figure.ticks).index("21-30")]) and np.isfinite(lstm.y).sum() == 3


def test_many_lines_have_no_bands(made: Made) -> None:
    many = figures.in_parts(made(tuple("abcde")), "by_length")
    assert isinstance(many, Lines) and all(line.low is None for line in many.lines) and many.caption == ""
