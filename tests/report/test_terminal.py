"""Terminal: what a person reads, to the column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seqloom.report.terminal import bars, confusion, table, visible

ROWS = [
    {"arch": "rnn", "nats": 1.9444, "parameters": 120_000, "device": "cpu"},
    {"arch": "lstm", "nats": 1.5121, "parameters": 480_001},
    {"arch": "순환", "nats": None, "parameters": 9, "device": "cpu"},
]


def test_a_table_to_the_letter() -> None:
    text = table(ROWS, {"arch": "", "nats": ".3f", "parameters": ",d"}, best={"nats": min})
    assert text.splitlines() == [
        "arch     nats   parameters",
        "──────────────────────────",
        "rnn     1.944      120,000",
        "lstm   1.512*      480,001",
        "순환        -            9",
    ]


def _columns(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if "─" not in line]


def test_columns_are_those_asked_for_in_their_order() -> None:
    assert _columns(table(ROWS, ["parameters", "arch"])) == [
        ["parameters", "arch"],
        ["120000", "rnn"],
        ["480001", "lstm"],
        ["9", "순환"],
    ]


def test_floats_have_four_digits_and_what_is_missing_a_dash() -> None:
    assert _columns(table(ROWS, ["nats", "device"]))[1:] == [["1.944", "cpu"], ["1.512", "-"], ["-", "cpu"]]


def test_best_can_be_the_highest_and_is_shared_by_equals() -> None:
    rows = [{"accuracy": 0.801}, {"accuracy": 0.80}, {"accuracy": 0.7}, {"accuracy": float("nan")}]
    assert _columns(table(rows, {"accuracy": ".2f"}, best={"accuracy": max}))[1:] == [
        ["0.80*"],
        ["0.80*"],
        ["0.70"],
        ["nan"],
    ]


def test_markup_in_a_name_is_text() -> None:
    assert "[bold]x[/bold]" in table([{"name": "[bold]x[/bold]"}], ["name"])
    assert "[a]" in confusion([[1]], ["[a]"])


def test_colour_only_where_asked_for() -> None:
    assert "\x1b[" not in table(ROWS, ["arch"], best={"nats": min})
    assert "\x1b[1m" in table(ROWS, ["arch", "nats"], best={"nats": min}, color=True)


def test_a_wide_table_is_not_cut() -> None:
    assert "x" * 300 in table([{"name": "x" * 300}], ["name"])


def test_a_confusion_matrix_with_shares() -> None:
    assert _columns(confusion([[8, 2], [0, 0]], ["긍정", "neg"])) == [
        ["true", "\\", "predicted", "긍정", "neg", "right"],
        ["긍정", "8", "2", "80.0%"],
        ["neg", "0", "0", "-"],
    ]


@given(st.lists(st.text("ab긍정부정日本", min_size=1, max_size=6), min_size=1, max_size=5, unique=True))
def test_columns_line_up_under_wide_letters(labels: list[str]) -> None:
    size = len(labels)
    text = confusion([[7] * size] * size, labels)
    ends = {cell_len(line) for line in text.splitlines()}
    assert len(ends) == 1  # every line ends at the right edge of the last, right-aligned column


def test_bars_to_the_letter() -> None:
    assert bars(["o", " ", "\n"], [0.9, 0.075, 0.025], width=10).splitlines() == [
        "o █████████   90.0%",
        "␣ ▊            7.5%",
        "⏎ ▎            2.5%",
    ]


def test_bars_line_up_under_hangul() -> None:
    lines = bars(["한글", "a"], [0.5, 1.0], width=4).splitlines()
    assert lines == ["한글 ██    50.0%", "a    ████ 100.0%"]
    assert len({cell_len(line) for line in lines}) == 1


@given(st.floats(0, 1), st.integers(1, 50))
def test_a_bar_is_as_long_as_its_share(p: float, width: int) -> None:
    bar = bars(["x"], [p], width=width)[2 : 2 + width]
    eighths = sum(8 if sign == "█" else " ▏▎▍▌▋▊▉".index(sign) for sign in bar)
    assert abs(eighths / 8 - p * width) <= 1 / 16 + 1e-9


def test_no_bars() -> None:
    assert bars([], []) == ""


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("a b\n", "a␣b⏎"),
        ("\t\r", "⇥␍"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x00", "\\x00"),
        ("\u200b", "\\u200b"),
        ("", "∅"),
        ("한글", "한글"),
    ],
)
def test_white_space_and_controls_are_visible(token: str, shown: str) -> None:
    assert visible(token) == shown
