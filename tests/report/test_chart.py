"""Charts as Vega-Lite: the grammar holds, the numbers are there, and no text of a user is an expression."""

import json
from typing import Any

import numpy as np
import pytest

from seqloom.report.bar_chart import STANDING
from seqloom.report.chart import Charted, chart, remarks
from seqloom.report.figures import Bars, Intervals, Line, Lines, Points
from seqloom.report.line_chart import FEW, MOST, POINTED, line_chart, placed

EVIL = "'] + alert(1) + ['</script>"
X = np.arange(4.0)
FIGURES: dict[str, Charted] = {
    "line": Lines("t", [Line("a", X, X)], "x", "y"),
    "band": Lines("t", [Line("a", X, X, X - 1, X + 1), Line("b", X, -X)], "x", "y", caption="c"),
    "groups": Lines("t", [Line("a", X, X, group="g"), Line("b", X, X, group="h")], "x", "y"),
    "log": Lines("t", [Line("a", X + 1, X + 1)], "x", "y", "log", "log"),
    "ticks": Lines("t", [Line("a", X, X)], "x", "y", ticks=["나", "b", EVIL, " "], marks=[(1, EVIL)]),
    "one": Lines("t", [Line("a", X[:1], X[:1])], "x", "y"),
    "bars": Bars("t", ["a", "a", EVIL], X[:3], "y"),
    "intervals": Bars("t", ["a", "b"], X[:2], "y", X[:2] - 1, X[:2] + 1, ["g", "h"]),
    "many bars": Bars("t", ["a"] * 100, np.ones(100), "y"),
    "points": Points("t", X, X, list("abcd"), "p", "q"),
    "front": Points("t", X + 1, X, list("abcd"), low=X - 1, high=X + 1, steps=[0, 2], x_scale="log"),
    "rows": Intervals("t", ["a", EVIL], X[:2], X[:2] - 1, X[:2] + 1, EVIL, mark=0.0),
    "rows of groups": Intervals("t", list("aabb"), X, X - 1, X + 1, "x", ["g", EVIL] * 2, [[0.0], [1.0, 2.0]]),
    "joined": Points(EVIL, X, X, [EVIL] * 4, groups=["g", "h", "g", "h"], joined=True),
}


def strings(node: Any, inside: str = "") -> list[tuple[str, str]]:
    """List every text of a specification with the name under which it stands."""
    if isinstance(node, dict):
        return [pair for name, value in node.items() for pair in strings(value, name)]
    if isinstance(node, list):
        return [pair for value in node for pair in strings(value, inside)]
    return [(inside, node)] if isinstance(node, str) else []


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_it_is_valid_vega_lite(figure: Charted) -> None:
    altair = pytest.importorskip("altair")
    spec = chart(figure)
    altair.Chart.from_dict({"$schema": altair.SCHEMA_URL, **spec}, validate=True)
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_no_text_of_a_user_is_an_expression(figure: Charted) -> None:
    expressions = {"calculate", "filter", "expr", "labelExpr"}
    for name, text in strings(chart(figure)):
        assert name not in expressions or "alert" not in text


def layers(figure: Charted) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chart(figure)["layer"]
    return found


def rows(figure: Charted) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chart(figure)["data"]["values"]
    return found


def test_a_gap_stays_a_gap_and_a_point_between_two_is_drawn() -> None:
    y = np.ones(FEW + 4)
    y[[2, 4]] = np.nan, np.inf
    found = rows(Lines("", [Line("a", np.arange(len(y), dtype=float), y)], "", ""))
    assert [row["y"] for row in found[1:6]] == [1, None, 1, None, 1]
    assert [at for at, row in enumerate(found) if row.get("p")] == [3], "the others are on a line"


def test_a_band_runs_from_its_low_end_to_its_high_one() -> None:
    ends = layers(FIGURES["band"])[0]
    assert [(row["k"], row["x"], row["l"], row["h"]) for row in ends["data"]["values"]] == [
        (0, x, x - 1, x + 1) for x in X
    ]
    assert (ends["encoding"]["y"]["field"], ends["encoding"]["y2"]["field"]) == ("l", "h")


def test_what_has_no_logarithm_is_a_gap() -> None:
    figure = Lines(
        "", [Line("a", X, np.array([1.0, 0, -1, 10]), np.array([0.0, 1, 1, 1]), X + 1)], "", "", "log", "log"
    )
    assert [(row["x"], row["y"]) for row in rows(figure)] == [(None, 1), (1, None), (2, None), (3, 10)]
    assert [row["x"] for row in layers(figure)[0]["data"]["values"]] == [1, 2, 3]


def test_the_points_of_short_lines_are_drawn() -> None:
    assert all(row["p"] == 1 for row in rows(FIGURES["line"])) and len(rows(FIGURES["one"])) == 1


def test_what_an_axis_cannot_show_is_said() -> None:
    y = np.array([0.0, -1.0, 1.0, np.inf])
    figure = Lines("", [Line("a", X, y)], "x", "y", y_scale="log")
    assert placed(figure, figure.lines[0]).tolist() == [False, False, True, False]
    assert remarks(figure) == [
        "1 of its points is infinite and not drawn.",
        "2 of its points are at 0 or below, which the logarithmic y axis does not have.",
    ]
    assert remarks(FIGURES["log"]) == [] == remarks(FIGURES["bars"])
    assert remarks(Bars("", ["a"], np.array([np.inf]), "")) == ["1 of its values is infinite and not drawn."]


def test_a_long_line_without_gaps_has_no_points() -> None:
    x = np.arange(FEW + 1.0)
    kinds = [one["mark"]["type"] for one in layers(Lines("", [Line("a", x, x)], "", ""))]
    assert kinds == ["line", "point"], "what the pointer finds, but nothing is drawn: an empty layer has no extent"


def test_long_lines_are_thinned_and_that_is_said() -> None:
    long = np.arange(MOST + 1.0)
    figure = Lines("", [Line("a", long, long, long, long)], "", "")
    assert len(rows(figure)) == MOST // 2 + 1 == len(layers(figure)[0]["data"]["values"])
    assert remarks(figure) == ["One point in 2 of each line is drawn."]
    assert 0 < sum(row.get("t", 0) for row in rows(figure)) <= POINTED


def test_one_value_has_an_axis_around_it() -> None:
    encoding = layers(Lines("", [Line("a", X[:1], np.array([0.5]))], "", ""))[1 - 1]["encoding"]
    assert encoding["y"]["scale"]["domain"] == [0.25, 0.75]
    encoding = layers(Lines("", [Line("a", X[:1], np.array([8.0]))], "", "", y_scale="log"))[0]["encoding"]
    assert encoding["y"]["scale"]["domain"] == [4, 16]


def test_lines_differ_by_more_than_colour() -> None:
    encoding = next(one for one in layers(FIGURES["band"]) if one["mark"]["type"] == "line")["encoding"]
    dashes = encoding["strokeDash"]["scale"]["range"]
    assert dashes[0] != dashes[1] and encoding["color"]["field"] == encoding["strokeDash"]["field"]
    grouped = next(one for one in layers(FIGURES["groups"]) if one["mark"]["type"] == "line")["encoding"]
    assert grouped["color"]["field"] == "g" and grouped["strokeDash"]["legend"] is not None


def test_bars_of_the_same_name_are_two_and_groups_are_said_in_words() -> None:
    assert [row["k"] for row in rows(FIGURES["bars"])] == [0, 1, 2]
    names = {one["name"]: one["value"] for one in chart(FIGURES["intervals"])["params"]}
    assert names["names"] == ["a (g)", "b (h)"] and names["groups"] == ["g", "h"]


def test_many_bars_stand_and_few_lie() -> None:
    assert layers(Bars("", ["a"] * STANDING, np.ones(STANDING), ""))[0]["encoding"]["x"]["field"] == "y"
    assert layers(FIGURES["many bars"])[0]["encoding"]["y"]["field"] == "y"


def test_a_point_that_is_no_number_is_left_out() -> None:
    figure = Points("", np.array([1.0, np.nan]), np.ones(2), ["a", "b"])
    assert [row["k"] for row in rows(figure)] == [0]


def test_points_at_one_place_share_a_name() -> None:
    figure = Points("", np.array([0.0, 0, 5, 0.001]), np.array([0.0, 0, 5, 0]), ["a", "b", "c", "d"])
    assert [row.get("n") for row in rows(figure)] == ["a, b, d", None, "c", None]
    many = Points("", np.arange(41.0), np.arange(41.0), ["n"] * 41)
    assert not any("n" in row for row in rows(many)), "too many for names"


def test_groups_that_are_the_lines_themselves_have_one_legend() -> None:
    figure = Lines("", [Line(name, X, X, group=name) for name in "ab"], "", "")
    encoding = layers(figure)[0]["encoding"]
    assert (
        encoding["color"]["field"] == "k"
        and {one["name"]: one["value"] for one in chart(figure)["params"]}["groups"] == []
    )


def test_whole_steps_have_whole_numbers_below_them() -> None:
    axis = layers(FIGURES["line"])[0]["encoding"]["x"]["axis"]
    assert axis["tickMinStep"] == 1
    halves = Lines("", [Line("a", X / 2, X)], "", "")
    assert "tickMinStep" not in layers(halves)[0]["encoding"]["x"]["axis"]


def test_the_pointer_finds_the_whole_of_a_name_that_is_cut() -> None:
    name = f"force {'x' * 80}=1"
    params = {one["name"]: one["value"] for one in chart(Bars("", [name], np.ones(1), ""))["params"]}
    assert params["whole"] == [name] and params["names"][0].startswith("force ") and params["names"][0].endswith("=1")
    assert len(params["names"][0]) == 50


@pytest.mark.parametrize("count", [60, 61])
def test_a_grid_of_many_tokens_is_left_out(count: int) -> None:
    line = Line("a", np.arange(float(count)), np.ones(count))
    drawn = line_chart(Lines("title", [line], "step", "y", ticks=["t"] * count))
    axis = drawn["layer"][0]["encoding"]["x"]["axis"]
    assert axis["grid"] is axis["ticks"] is (count == 60)


def test_points_have_intervals_and_a_front_in_steps() -> None:
    figure = Points(
        "",
        np.array([3.0, 1.0, 2.0]),
        X[:3],
        list("abc"),
        low=np.array([-1.0, np.nan, 1.0]),
        high=X[:3] + 1,
        steps=[0, 1],
    )
    front, bars = layers(figure)[:2]
    assert front["mark"]["interpolate"] == "step-after"
    assert front["data"]["values"] == [{"x": 1, "y": 1}, {"x": 3, "y": 0}], "from the least x on"
    assert [(row["l"], row["h"]) for row in rows(figure)] == [(-1, 1), (None, 2), (1, 3)]
    assert bars["mark"]["type"] == "bar" and (bars["encoding"]["y"]["field"], bars["encoding"]["y2"]["field"]) == (
        "l",
        "h",
    )
    assert "bar" not in [one["mark"]["type"] for one in layers(FIGURES["points"])]


def test_what_has_no_logarithm_is_no_point_and_is_said() -> None:
    figure = Points("", np.array([0.0, 10.0]), X[:2], ["a", "b"], x_scale="log", steps=[0, 1])
    assert [row["k"] for row in rows(figure)] == [1] and layers(figure)[0]["data"]["values"] == [{"x": 10, "y": 1}]
    assert remarks(figure) == ["Points at 0 or below, which the logarithmic x axis does not have: 1."]
