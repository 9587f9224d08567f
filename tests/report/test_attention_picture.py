"""The picture: no letter in it is an empty box, whatever fonts there are."""

import re
import struct
import sys

import pytest

from seqloom.errors import ResourceError
from seqloom.report import attention_picture
from seqloom.report.attention_map import AttentionMap
from seqloom.report.attention_picture import as_png, has_glyph

pytest.importorskip("vl_convert")
DATE = AttentionMap([[0.5, 0.5]], ["토", "中"], ["1"], "날짜")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is drawn, as SVG, of pictures of this test."""
    import vl_convert

    seen: list[str] = []
    really = vl_convert.svg_to_png

    def svg_to_png(svg: str, scale: float = 1) -> bytes:
        seen.append(svg)
        return bytes(really(svg, scale=scale))

    monkeypatch.setattr(vl_convert, "svg_to_png", svg_to_png)
    return seen


def test_a_picture_has_the_size_of_its_drawing() -> None:
    image = as_png(AttentionMap([[0.5, 0.5]], ["a", "b"], ["1"]))
    assert image.startswith(b"\x89PNG") and struct.unpack(">II", image[16:24]) > (100, 100)
    assert image == as_png(AttentionMap([[0.5, 0.5]], ["a", "b"], ["1"]))


def test_what_the_machine_has_is_found_out() -> None:
    assert has_glyph("a") and has_glyph("0") and has_glyph(" ")
    assert not has_glyph("\U000fdead"), "nobody has a letter for this number"


def test_with_a_font_texts_are_texts(monkeypatch: pytest.MonkeyPatch, drawn: list[str]) -> None:
    monkeypatch.setattr(attention_picture, "has_glyph", lambda letter: True)
    notes: list[str] = []
    as_png(DATE, notes.append)
    assert notes == [] and "<path" not in drawn[-1] and ">날짜</text>" in drawn[-1]


def test_without_a_font_hangul_is_strokes_and_other_letters_are_numbers(
    monkeypatch: pytest.MonkeyPatch, drawn: list[str]
) -> None:
    monkeypatch.setattr(attention_picture, "has_glyph", str.isascii)
    notes: list[str] = []
    as_png(DATE, notes.append)
    texts = re.findall(r">([^<]+)</text>", drawn[-1])
    assert drawn[-1].count("<path") == 3 and not any("가" <= letter <= "힣" for text in texts for letter in text)
    assert "4E2D" in texts and "1" in texts
    (note,) = notes
    assert note.startswith("no font on this machine has 中 (U+4E2D);") and "apt install fonts-noto-cjk" in note
    assert "토" not in note, "Hangul is right without a font"


def test_a_missing_program_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[report\]'. The HTML page needs nothing."):
        as_png(DATE)
