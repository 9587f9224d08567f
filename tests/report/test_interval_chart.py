"""Values with their intervals, as a chart."""

from typing import Any

import numpy as np

from seqloom.report.figures import Intervals
from seqloom.report.interval_chart import interval_chart

X = np.arange(4.0)


def marks(figure: Intervals, kind: str) -> list[dict[str, Any]]:
    return [one for one in interval_chart(figure)["layer"] if one["mark"]["type"] == kind]


def names(figure: Intervals, which: str = "names") -> list[str]:
    (found,) = [one["value"] for one in interval_chart(figure)["params"] if one["name"] == which]
    assert isinstance(found, list)
    return found


def test_a_row_has_its_value_and_its_ends_and_the_axis_need_not_begin_at_0() -> None:
    figure = Intervals("", ["a", "나"], np.array([80.0, 81.0]), np.array([79.0, np.nan]), np.array([82.0, np.nan]), "x")
    made = interval_chart(figure)
    assert [(row["y"], row["l"], row["h"]) for row in made["data"]["values"]] == [(80, 79, 82), (81, None, None)]
    (bar,) = marks(figure, "bar")
    assert (bar["encoding"]["x"]["field"], bar["encoding"]["x2"]["field"]) == ("l", "h")
    assert bar["transform"] == [{"filter": "isValid(datum.l) && isValid(datum.h)"}]
    (point,) = marks(figure, "point")
    assert point["encoding"]["x"]["field"] == "y" and point["encoding"]["x"]["scale"] == {"zero": False}
    assert marks(figure, "rule") == [] == marks(figure, "tick")


def test_without_any_interval_there_is_no_empty_layer() -> None:
    none = np.full(2, np.nan)
    assert marks(Intervals("", ["a", "b"], X[:2], none, none, ""), "bar") == []
    assert len(marks(Intervals("", ["a", "b"], X[:2], X[:2], X[:2], ""), "bar")) == 1


def test_rows_of_one_name_stand_together_with_a_gap_after_them() -> None:
    figure = Intervals("", list("aabb"), X, X, X, "", groups=list("ghgh"))
    assert names(figure) == ["a", "", "", "b", ""]
    assert [row["r"] for row in interval_chart(figure)["data"]["values"]] == [0, 1, 3, 4]
    assert names(figure, "whole") == ["a (g)", "a (h)", "b (g)", "b (h)"]
    plain = Intervals("", list("abcd"), X, X, X, "")
    assert names(plain) == list("abcd") and [row["r"] for row in interval_chart(plain)["data"]["values"]] == [
        0,
        1,
        2,
        3,
    ]


def test_groups_have_a_legend_where_the_names_do_not_say_them() -> None:
    said = Intervals("", ["a", "b"], X[:2], X[:2], X[:2], "", groups=["a", "b"])
    apart = Intervals("", ["a", "b"], X[:2], X[:2], X[:2], "", groups=["shown", "not"])
    legends = [marks(one, "point")[0]["encoding"]["color"]["legend"] for one in (said, apart)]
    assert legends[0] is None and legends[1] is not None and names(said, "whole") == ["a", "b"]


def test_single_values_are_ticks_in_their_row_and_a_mark_stands_upright() -> None:
    figure = Intervals("", ["a", "b"], X[:2], X[:2], X[:2], "", dots=[[1.0, float("nan")], [2.0, 3.0]], mark=0.0)
    (tick,), (rule,) = marks(figure, "tick"), marks(figure, "rule")
    assert tick["data"]["values"] == [{"r": 0, "y": 1}, {"r": 1, "y": 2}, {"r": 1, "y": 3}]
    assert rule["data"]["values"] == [{"x": 0}]
