"""Hangul without a font: every syllable is drawn, inside its square, and none like another."""

import pytest

from seqloom.report.hangul import FINALS, INITIALS, VOWELS, strokes

SYLLABLES = [chr(number) for number in range(ord("가"), ord("힣") + 1)]


def test_every_syllable_is_drawn_and_none_like_another() -> None:
    drawn = {repr(strokes(letter)) for letter in SYLLABLES}
    assert len(SYLLABLES) == 11_172 == len(drawn)


def test_letters_alone_are_drawn_and_none_like_another() -> None:
    letters = {*INITIALS, *VOWELS, *FINALS.strip()}
    assert len(letters) == 51 == len({repr(strokes(letter)) for letter in letters})


def test_strokes_stay_in_their_square() -> None:
    for letter in SYLLABLES[::7]:
        found = strokes(letter)
        assert found and all(0 <= x <= 1 and 0 <= y <= 1 for stroke in found for x, y in stroke), letter


def test_a_syllable_is_laid_out_as_it_is_written() -> None:
    def middle(letter: str, first: int, last: int | None = None) -> tuple[float, float]:
        points = [point for stroke in (strokes(letter) or [])[first:last] for point in stroke]
        return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)

    (n, n_down), (a, _) = middle("나", 0, 1), middle("나", 1)
    assert n < 0.5 < a, "ㅏ stands to the right"
    (_, n_down), (_, o_down) = middle("노", 0, 1), middle("노", 1)
    assert n_down < o_down, "ㅗ stands below"
    (_, final), (_, initial) = middle("난", 0, 1), middle("난", 1, 2)
    assert initial < final, "a final stands beneath"


@pytest.mark.parametrize("letter", ["a", "中", " ", "ᄀ", "힤"])
def test_other_letters_are_not_hangul(letter: str) -> None:
    assert strokes(letter) is None
