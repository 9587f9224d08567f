"""Texts of a drawing letter by letter: nothing is lost where some letters are drawn."""

import pytest

from seqloom.report import lettered

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" fill="none">'
    '<text text-anchor="middle" transform="translate(5,6)" font-size="14px" fill="#123456">PCA 값</text></svg>'
)


def test_letters_beside_hangul_keep_the_colour_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettered, "has_glyph", lambda letter: letter.isascii())
    said: list[str] = []
    made = lettered.without_boxes(SVG, said.append)
    assert '<g transform="translate(5,6)" fill="#123456">' in made and made.count('class="stroke"') == 1
    assert all(f">{letter}</text>" in made for letter in "PCA") and not said


def test_a_text_that_fonts_have_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettered, "has_glyph", lambda letter: True)
    assert lettered.without_boxes(SVG, print) == SVG


def test_a_letter_that_is_a_number_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettered, "has_glyph", lambda letter: letter.isascii())
    said: list[str] = []
    made = lettered.without_boxes(SVG.replace("값", "値"), said.append)
    assert ">5024</text>" in made and len(said) == 1 and "値" in said[0]
