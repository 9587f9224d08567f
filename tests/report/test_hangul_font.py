"""The font of Hangul: a file that other programs read, with the letters asked for and no others."""

import io
import struct

import numpy as np
import pytest

from seqloom.report.hangul_font import NAME, face, font


def tables(data: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">H", data, 4)
    entries = [struct.unpack_from(">4sIII", data, 12 + 16 * at) for at in range(count)]
    return {tag: data[start : start + size] for tag, _, start, size in entries}


def test_the_file_is_whole() -> None:
    data = font("봄이 오면")
    assert data is not None and len(data) % 4 == 0
    assert sum(struct.unpack(f">{len(data) // 4}I", data)) & 0xFFFFFFFF == 0xB1B0AFBA
    for at in range(struct.unpack_from(">H", data, 4)[0]):
        tag, known, start, size = struct.unpack_from(">4sIII", data, 12 + 16 * at)
        padded = data[start : start + size] + b"\0" * (-size % 4)
        if tag == b"head":  # it holds the sum of all, which is 0 while its own is taken
            padded = padded[:8] + bytes(4) + padded[12:]
        assert sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF == known


def test_each_letter_has_its_glyph_and_nothing_else_has() -> None:
    made = tables(font("봄가봄 a 値 가") or b"")
    (count,) = struct.unpack(">H", made[b"maxp"][4:6])
    body = made[b"cmap"][12:]
    (twice,) = struct.unpack_from(">H", body, 6)
    codes = struct.unpack_from(f">{twice // 2}H", body, 14)
    shifts = struct.unpack_from(f">{twice // 2}H", body, 16 + 2 * twice)
    assert count == 3 and codes == (ord("가"), ord("봄"), 0xFFFF)
    assert [(code + shift) & 0xFFFF for code, shift in zip(codes, shifts, strict=True)] == [1, 2, 0]
    assert len(made[b"loca"]) == 4 * (count + 1) and struct.unpack(">4I", made[b"loca"])[-1] == len(made[b"glyf"])


def test_another_program_draws_it() -> None:
    fonts = pytest.importorskip("PIL.ImageFont")
    image, draw = pytest.importorskip("PIL.Image"), pytest.importorskip("PIL.ImageDraw")
    read = fonts.truetype(io.BytesIO(font("가봄") or b""), 40)
    assert read.getname() == (NAME, "Regular")

    def drawn(letter: str) -> np.ndarray:
        paper = image.new("L", (60, 60))
        draw.Draw(paper).text((5, 5), letter, 255, read)
        return np.asarray(paper)

    assert (drawn("가") > 128).sum() > 60 < (drawn("봄") > 128).sum()
    assert (drawn("가") != drawn("봄")).any() and not drawn("a").any()


def test_without_hangul_there_is_no_font() -> None:
    assert font("plain 値 😀") is None and face("plain") == ""


def test_the_style_sheet_brings_the_font_with_it() -> None:
    assert face("한").startswith(f"@font-face {{ font-family: '{NAME}'; src: url(data:font/ttf;base64,AAEAAA")
