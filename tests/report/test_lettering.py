"""Lettering: each letter in its place, whatever draws it."""

import re

import pytest

from seqloom.report.attention_svg import FONT
from seqloom.report.lettering import spelt


def test_letters_with_a_font_are_text_and_others_are_not() -> None:
    svg = spelt("a 토中", 0, 0, "start", lambda letter: letter > "z")
    assert re.findall(r">([^<]+)</text>", svg) == ["a", "4E2D"] and svg.count("<path") == 1


def test_nothing_lacking_is_nothing_drawn() -> None:
    assert "<path" not in spelt("a토", 0, 0, "start", lambda letter: False)


@pytest.mark.parametrize("words", ["a토", "토요일", "xy토"])
def test_letters_stand_where_the_text_would(words: str) -> None:
    ways = [spelt(words, 100, 0, anchor, lambda letter: letter > "z") for anchor in ("start", "middle", "end")]
    left, middle, right = (min(float(x) for x in re.findall(r'(?:x="|[ML])([\d.]+)', svg)) for svg in ways)
    assert right < middle < 100 < left and left - middle == pytest.approx(middle - right, abs=0.1)


def test_strokes_are_about_as_high_as_letters() -> None:
    (path,) = re.findall(r'd="([^"]+)"', spelt("토", 50, 30, "start", lambda letter: True))
    downs = [float(point.split()[1]) for point in re.split("[ML]", path)[1:]]
    assert 30 - FONT / 2 <= min(downs) < 30 < max(downs) <= 30 + FONT / 2
