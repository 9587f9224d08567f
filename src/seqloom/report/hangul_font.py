"""A font of the Hangul that a page has, made from strokes, for browsers that have no Korean font.

TrueType as OpenType 1.9 describes it, with only the tables that a browser asks for. A stroke is a run of rectangles.
"""

import base64
import struct
from collections.abc import Iterable
from itertools import pairwise
from math import hypot

from seqloom.report.hangul import Stroke, strokes

NAME = "Seqloom Hangul"
EM, ASCENT, DESCENT = 1000, 900, -200
PEN = 34
"""Half the width of a stroke."""
LEFT, TOP, SIDE = 50, 830, 900
"""Where the unit square of a letter lies."""


def font(text: str) -> bytes | None:
    """Return a TrueType font of the Hangul letters in a text; None where there are none."""
    letters = sorted(letter for letter in set(text) if strokes(letter) is not None)
    if not letters:
        return None
    glyphs = [b"", *(_glyph(strokes(letter) or ()) for letter in letters)]
    places = [0]
    for glyph in glyphs:
        places.append(places[-1] + len(glyph))
    count = len(glyphs)
    box = struct.pack(">hhhh", 0, DESCENT, EM, ASCENT)
    tables = {
        b"OS/2": _os2(letters),
        b"cmap": _cmap(letters),
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(">IIIIHHqq", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, EM, 0, 0)
        + box
        + struct.pack(">HHhhh", 0, 8, 2, 1, 0),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT, DESCENT, 0, EM, 0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0, count
        ),
        b"hmtx": struct.pack(">Hh", EM, 0) * count,
        b"loca": struct.pack(f">{count + 1}I", *places),
        b"maxp": struct.pack(">IH13H", 0x10000, count, 1000, 250, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _name(),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0),
    }
    return _file(tables)


def face(text: str) -> str:
    """Return the CSS that declares a font of the Hangul in a text; nothing where there is none."""
    made = font(text)
    if made is None:
        return ""
    data = base64.b64encode(made).decode()
    return f"@font-face {{ font-family: '{NAME}'; src: url(data:font/ttf;base64,{data}) format('truetype'); }}"


def _glyph(lines: Iterable[Stroke]) -> bytes:
    """Return the outline of a letter: a rectangle for each straight piece, all turning the same way."""
    corners: list[tuple[int, int]] = []
    for line in lines:
        placed = [(LEFT + SIDE * x, TOP - SIDE * y) for x, y in line]
        for (x, y), (u, v) in pairwise(placed):
            long = hypot(u - x, v - y)
            if long:
                a, b = PEN * (u - x) / long, PEN * (v - y) / long  # along the piece; across it is (-b, a)
                ends = ((x - a - b, y - b + a), (u + a - b, v + b + a), (u + a + b, v + b - a), (x - a + b, y - b - a))
                corners += [(round(left), round(up)) for left, up in ends]
    steps = [(u - x, v - y) for (x, y), (u, v) in zip([(0, 0), *corners], corners, strict=False)]
    count = len(corners) // 4
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    made = struct.pack(">hhhhh", count, min(xs), min(ys), max(xs), max(ys))
    made += struct.pack(f">{count}HH", *(4 * one + 3 for one in range(count)), 0)
    made += bytes([0x41] + [0x01] * (len(corners) - 1))  # each point lies on the line; the first says: they overlap
    made += struct.pack(f">{len(corners)}h", *(x for x, _ in steps))
    made += struct.pack(f">{len(corners)}h", *(y for _, y in steps))
    return made + b"\0" * (-len(made) % 4)


def _cmap(letters: list[str]) -> bytes:
    """Return which letter has which glyph, in format 4: a segment for each letter."""
    codes = [*map(ord, letters), 0xFFFF]
    count = len(codes)
    shifts = [(number + 1 - code) & 0xFFFF for number, code in enumerate(codes[:-1])] + [1]
    power = 1 << (count.bit_length() - 1)
    search = (2 * power, power.bit_length() - 1, 2 * (count - power))
    body = struct.pack(f">HHHH{count}HH", 2 * count, *search, *codes, 0)
    body += struct.pack(f">{count}H{count}H{count}H", *codes, *shifts, *[0] * count)
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + struct.pack(">HHH", 4, 6 + len(body), 0) + body


def _os2(letters: list[str]) -> bytes:
    made = struct.pack(">HhHHH", 3, EM, 400, 5, 0)
    made += struct.pack(">11h", *(600, 650, 0, 75, 600, 650, 0, 350, 50, 300, 0))
    made += bytes(10) + struct.pack(">IIII", 0, 1 << 24, 0, 0)  # bit 56: Hangul syllables
    made += b"SQLM" + struct.pack(">HHH", 0x40, ord(letters[0]), ord(letters[-1]))
    made += struct.pack(">hhhHH", ASCENT, DESCENT, 0, ASCENT, -DESCENT)
    return made + struct.pack(">IIhhHHH", 1 << 19, 0, 500, 700, 0, 32, 1)  # code page 949


def _name() -> bytes:
    texts = {1: NAME, 2: "Regular", 3: NAME, 4: NAME, 5: "Version 1.0", 6: NAME.replace(" ", "")}
    records, data = b"", b""
    for number, text in texts.items():
        written = text.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, number, len(written), len(data))
        data += written
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + data


def _file(tables: dict[bytes, bytes]) -> bytes:
    """Return tables as a file, each with its checksum."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    start = struct.pack(">IHHHH", 0x10000, count, 16 * power, power.bit_length() - 1, 16 * (count - power))
    at, entries, bodies = len(start) + 16 * count, b"", b""
    for tag, body in sorted(tables.items()):
        padded = body + b"\0" * (-len(body) % 4)
        entries += tag + struct.pack(">III", _sum(padded), at + len(bodies), len(body))
        bodies += padded
    whole = start + entries + bodies
    place = at + bodies.index(tables[b"head"]) + 8  # what makes the sum of the whole file the known one
    return whole[:place] + struct.pack(">I", (0xB1B0AFBA - _sum(whole)) & 0xFFFFFFFF) + whole[place + 4 :]


def _sum(data: bytes) -> int:
    return sum(struct.unpack(f">{len(data) // 4}I", data)) & 0xFFFFFFFF
