"""Attention maps on a terminal: to the column, under Hangul too, and never wider than asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seqloom.report.attention_map import AttentionMap, as_text

KOREAN = AttentionMap([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0]], ["2", "월", " "], ["1", "일"], "날짜")


def test_a_map_to_the_letter() -> None:
    assert as_text(KOREAN, 40).splitlines() == [
        "날짜",
        "    2 월␣",
        " 1 │  ░░▓▓",
        "일 │██",
        "    darkest █ = 1.00",
    ]


def test_words_are_written_downwards() -> None:
    words = AttentionMap([[1.0, 0.0, 0.0]], ["the", "십일월", "extraordinary"], ["x"])
    assert as_text(words, 10).splitlines()[:8] == [
        "       e",
        "       x",
        "       t",
        "       r",
        "       a",
        "   t 십o",
        "   h 일r",
        "   e 월…",
    ]


def test_several_heads_are_drawn_as_their_mean() -> None:
    two = AttentionMap([[[1.0, 0.0]], [[0.0, 1.0]]], ["a", "b"], ["c"], "layer 1")
    assert as_text(two, 40).splitlines() == ["layer 1 (mean of 2 heads)", "   a b", "c │████", "   darkest █ = 0.50"]


def test_a_long_source_goes_on_below() -> None:
    letters = [chr(97 + n) for n in range(26)]
    whole = AttentionMap(np.eye(26)[[0, 25]], letters, ["x", "y"])
    lines = as_text(whole, 13).splitlines()
    assert [line.strip() for line in lines[0::4]][:3] == ["abcdefghi", "jklmnopqr", "stuvwxyz"]
    assert lines[1] == "x │█" and lines[10] == f"y │{' ' * 7}█" and lines[2] == "y │"


def test_a_source_too_long_to_draw_is_told_in_words() -> None:
    weights = np.full((2, 100), 0.001)
    weights[0, 41], weights[0, 7], weights[0, 99], weights[1, 0] = 0.5, 0.3, 0.1, 0.9
    text = as_text(AttentionMap(weights, ["나"] * 100, ["a", "b"]), 60)
    first, a, _ = text.splitlines()
    assert first.startswith("100 source tokens are too many to draw") and "darkest" not in text
    assert a == "a │ 8 나 0.30  42 나 0.50  100 나 0.10"


@given(
    st.lists(st.text("aB 월中\n", min_size=1, max_size=10), max_size=90),
    st.lists(st.text("x일", min_size=1, max_size=60), min_size=1, max_size=4),
    st.integers(20, 120),
)
def test_no_line_is_wider_than_asked(source: list[str], target: list[str], width: int) -> None:
    weights = np.random.default_rng(len(source)).random((len(target), len(source)))
    lines = as_text(AttentionMap(weights, source, target), width).splitlines()
    rows = [line for line in lines if "│" in line]
    assert max(map(cell_len, rows)) <= width and len(rows) % len(target) == 0
    assert len({cell_len(line.split("│")[0]) for line in rows}) == 1, "the bars stand under each other"


def test_nothing_to_look_at_is_blank() -> None:
    assert "█" not in as_text(AttentionMap(np.zeros((1, 2)), ["a", "b"], ["c"]), 40).splitlines()[1]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([[0.5, 0.5, 0.0]], r"shape \(1, 1, 3\) for 1 target and 2 source tokens"),
        ([[float("nan"), 0.5]], "negative or not finite"),
        ([[-0.1, 1.1]], "negative or not finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AttentionMap(weights, ["a", "b"], ["c"])
