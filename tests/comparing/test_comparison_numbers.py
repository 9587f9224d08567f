"""Numbers as a person reads them."""

import math

import pytest

from seqloom.comparing.comparison_numbers import Digits, chance, digits_of, lacking, lasting, memory, plainly, size


def told(unit: str, means: list[float | None], half: float | None) -> dict:
    ends = [(None, None) if one is None or half is None else (one - half, one + half) for one in means]
    archs = [{"mean": one, "low": low, "high": high} for one, (low, high) in zip(means, ends, strict=True)]
    return {"measure": {"name": "m", "unit": unit}, "archs": archs, "pairs": []}


@pytest.mark.parametrize(
    ("unit", "half", "decimals", "written"),
    [
        ("points", 0.012, 1, "86.1"),  # 1.2 points: to a tenth
        ("points", 0.0012, 2, "86.12"),
        ("nats", 0.012, 3, "0.861"),
        ("nats", 14.0, 0, "1"),
        ("nats", 1e-12, 6, "0.861234"),
        ("nats", None, 4, "0.8612"),  # no interval: four digits
    ],
)
def test_a_value_has_the_digits_that_its_interval_bears(
    unit: str, half: float | None, decimals: int, written: str
) -> None:
    digits = digits_of(told(unit, [0.861234, 0.8], half))
    assert digits.decimals == decimals and digits.value(0.861234) == written


def test_points_are_of_a_hundred_and_nothing_else_is() -> None:
    points, nats = digits_of(told("points", [0.5], 0.01)), digits_of(told("nats", [0.5], 0.01))
    assert (points.factor, points.unit, points.step) == (100, "%", "points")
    assert (nats.factor, nats.unit, nats.step) == (1, "nats", "nats")


def test_what_is_lacking_is_a_dash_and_nothing_has_no_sign() -> None:
    digits = Digits(100, 1, "%", "points")
    assert [digits.value(one) for one in (None, math.nan, math.inf, -0.0001)] == ["-", "-", "-", "0.0"]
    assert [digits.difference(one) for one in (0.05, -0.05, -0.0001, 0.0)] == ["+5.0", "-5.0", "0.0", "0.0"]
    assert digits.between(0.1, None) == "-" == digits.signed_between(math.nan, 0.2)
    assert digits.between(0.1, 0.2) == "[10.0, 20.0]" and digits.signed_between(-0.1, 0.2) == "[-10.0, +20.0]"
    assert lacking(None) and lacking(math.nan) and lacking(math.inf) and not lacking(0)
    assert digits_of(told("nats", [None], None)).value(0.5).startswith("0.5"), "no architecture was ever measured"


def test_sizes_have_three_digits() -> None:
    given = (0, 0.00001234, 0.0123, 1.5, 999.4, 999.6, 12_345, 1_003_000, 99_960_000, 2.5e9, None)
    assert [size(one) for one in given] == [
        *("0", "1.2e-05", "0.0123", "1.5", "999", "1.00k"),
        *("12.3k", "1.00M", "100M", "2.50G", "-"),
    ]
    assert [memory(one) for one in (None, 512, 512e6)] == ["-", "512 B", "512 MB"]
    assert [lasting(one) for one in (None, math.nan, 3.21, 90)] == ["-", "-", "3.21 s", "1.5 min"]


def test_chances_that_are_small_say_so() -> None:
    assert [chance(one) for one in (None, 0.00001, 0.00123, 0.049, 0.412, 1.0)] == [
        *("-", "< 0.0001", "0.0012", "0.049", "0.41", "1.00"),
    ]


def test_plans_are_written_plainly() -> None:
    assert [plainly(one) for one in (None, [], {}, "", True, 0.1, 3, ["a", "b"], {"text": "내용"}, "a b")] == [
        *("-", "-", "-", "-", "yes", "0.1", "3", "a, b", "text 내용", "a b"),
    ]
