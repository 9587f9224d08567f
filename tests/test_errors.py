"""Errors: each class has its exit code, and a misspelt name is met with the likely one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom import errors
from seqloom.errors import nearest


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SeqloomError("x"), 2),
        (errors.InputError("x"), 2),
        (errors.CheckpointError("x"), 3),
        (errors.NumberError("x"), 4),
        (errors.ResourceError("x"), 5),
        (errors.Interrupted("x", 130), 130),
        (errors.Interrupted("x", 143), 143),
    ],
)
def test_exit_codes(error: errors.SeqloomError, code: int) -> None:
    assert error.code == code
    assert str(error) == "x"
    assert isinstance(error, errors.SeqloomError)


def test_one_interrupt_does_not_set_the_code_of_another() -> None:
    first = errors.Interrupted("a", 130)
    errors.Interrupted("b", 143)
    assert first.code == 130


def test_nearest_guesses_and_lists() -> None:
    known = ["lstm", "gru", "bilstm"]
    assert nearest("blstm", known) == "; did you mean 'bilstm'? Known: bilstm, gru, lstm"


def test_nearest_ignores_case() -> None:
    assert nearest("GRU", ["gru", "lstm"]).startswith("; did you mean 'gru'?")


def test_nearest_of_something_else_only_lists() -> None:
    assert nearest("xyzzy", ["gru", "lstm"], "seqloom list cells") == ". Known: gru, lstm (seqloom list cells)"


def test_nearest_works_in_hangul() -> None:
    assert nearest("긍정적", ["긍정", "부정"]).startswith("; did you mean '긍정'?")


def test_a_long_list_is_cut_to_twenty_and_says_so() -> None:
    text = nearest("zzz", [f"n{i:02}" for i in range(21)])
    assert "n19, ..." in text and "n20" not in text
    assert "..." not in nearest("zzz", [f"n{i:02}" for i in range(20)])


@given(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1, max_size=30, unique=True))
def test_nearest_always_names_a_known_one_or_none(name: str, known: list[str]) -> None:
    text = nearest(name, known)
    assert text.startswith(". Known: ") or any(text.startswith(f"; did you mean '{one}'?") for one in known)
