"""Tables and bars over seeds, and powers of a growth."""

import pytest

from seqloom.studies.summary import bars, exponent, groups, summary

ROWS = [
    {"seed": 1, "kind": "a", "length": 2, "loss": 1.0},
    {"seed": 1, "kind": "b", "length": 2},
    {"seed": 2, "kind": "a", "length": 2, "loss": 3.0},
    {"seed": 2, "kind": "b", "length": 2},
]


def test_rows_are_grouped_in_the_order_of_their_coming() -> None:
    found = groups(ROWS, "kind", "length")
    assert list(found) == [("a", 2), ("b", 2)]
    assert [row["seed"] for row in found["b", 2]] == [1, 2]


def test_a_table_says_the_interval_and_leaves_empty_what_was_not_measured() -> None:
    table = summary("t", ROWS, ("kind",), {"loss": "nats"}, "below")
    assert list(table.columns) == ["kind", "nats"]
    assert table.rows[0][0] == "a"
    assert str(table.rows[0][1]).startswith("2 [-10.7")  # mean 2, t = 12.706, deviation of the mean 1
    assert list(table.rows[1]) == ["b", None]


def test_bars_stand_where_something_was_measured_and_one_seed_has_no_interval() -> None:
    both = bars("t", ROWS, ("kind", "length"), "loss", "nats")
    assert list(both.names) == ["a, 2"]
    assert both.values.tolist() == [2.0]
    assert both.low is not None
    assert both.low[0] == pytest.approx(2 - 12.7062, abs=1e-3)
    assert bars("t", ROWS[:2], ("kind",), "loss", "nats").low is None


def test_the_exponent_is_that_of_the_power() -> None:
    assert exponent([1, 10, 100], [5, 5e3, 5e6]) == pytest.approx(3)
    assert exponent([2, 4], [7, 7]) == pytest.approx(0)


@pytest.mark.parametrize(("x", "y"), [([3, 3], [1, 2]), ([1, 2], [0, 1])])
def test_no_exponent_of_what_has_none(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="no exponent"):
        exponent(x, y)
