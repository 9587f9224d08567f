"""Texts that fit, and that can be seen."""

from rich.cells import cell_len

from seqloom.report.fitting import clip, cut, downwards, heading, left, middle_cut, readable, right


def test_what_cannot_be_seen_is_made_visible_but_not_the_spaces_between_words() -> None:
    assert readable("layer 1, head 2") == "layer 1, head 2"
    assert readable(" ") == "␣" and readable("") == "∅" and readable("\n") == "⏎"
    assert readable(" the") == "␣the" and readable("a\tb c") == "a⇥b c"
    assert readable("a\x1b[31m\u202e") == "a\\x1b[31m\\u202e", "nothing moves the cursor or turns the text around"


def test_a_heading_may_be_empty() -> None:
    assert heading("") == "" and heading(" a") == "␣a"


def test_cutting_counts_columns() -> None:
    assert cut("나는 학교에", 6) == "나는 …" and cell_len(cut("나는 학교에", 6)) <= 6
    assert cut("abc", 3) == "abc" and clip("internationally") == "interna…"


def test_names_go_downwards_and_end_at_the_grid() -> None:
    assert downwards(["a", "bcd", "나"], 2) == ["  b   ", "  c   ", "a d 나"]
    assert downwards([], 2) == []


def test_sides_count_columns() -> None:
    assert right("나", 4) == "  나" and left("나", 4) == "나  "


def test_long_names_keep_both_ends() -> None:
    assert middle_cut("encoder.stack.cells.0.r=1", 11) == "enco….0.r=1"
    assert middle_cut("short", 5) == "short" and len(middle_cut("x" * 30, 12)) == 12
