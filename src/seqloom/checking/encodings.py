"""Encodings: letters that something went wrong with on their way into a file.

Each kind of trouble is looked for by what leaves no doubt: text that was decoded wrongly is decoded back, and counts
only where that gives well-formed letters. Accents and foreign words are no trouble.
"""

import contextlib
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

WAYS = {
    "replacement": "the sign of letters that were lost (U+FFFD): the file was decoded wrongly once; export it again",
    "mojibake": "UTF-8 that was read as Latin letters (\u00c3\u00a9 for \u00e9); undo: text.encode('cp1252').decode()",
    "mojibake-korean": "Korean (CP949) that was read as Latin letters; undo: text.encode('latin-1').decode('cp949')",
    "control": "control letters that nobody sees; delete them (U+0080 to U+009F: quotes of Windows-1252)",
    "invisible": "zero-width and direction marks, soft hyphens or byte order marks inside a text; delete them",
    "private": "letters of private use, which only one font knows; replace them",
    "spaces": "spaces other than the usual one (no-break, ideographic); write plain ones",
    "markup": "HTML (&amp;, <br>) among the text; undo: html.unescape(text)",
}
"""What each kind of trouble is and how to mend it."""
FORMS = "forms"
"""Both composed (NFC) and decomposed (NFD) letters: the same word is then two different ones."""
SHOWN = 3

_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{2,6}|#x[0-9a-fA-F]{2,5});|<br ?/?>|</?(?:p|div|span|b|i)>")
_PLAIN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|[&<]")
"""What makes a text of ASCII worth a second look."""
_SIGNS = "".join(sorted(set(bytes(range(0x80, 0xA0)).decode("cp1252", "ignore"))))
_LATIN = re.compile(f"[\u0080-\u00ff{_SIGNS}]*[\u00a1-\u00ff][\u0080-\u00ff{_SIGNS}]+")
"""Runs of at least two letters that are bytes from 0x80 on, in the code page of Windows or in Latin-1."""


@dataclass
class Encodings:
    """What was found in some rows.

    rows      by kind of trouble: how many rows have it
    first     by kind: the numbers of the first rows that have it, and what was found there
    composed  rows that hold letters which have a decomposed form, all composed (NFC)
    apart     rows with decomposed letters (not NFC), and the first of them
    """

    rows: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    composed: int = 0
    apart: int = 0
    first_apart: int | None = None

    def add(self, place: int, text: str) -> None:
        """Look at the text of a row."""
        if text.isascii():
            if not _PLAIN.search(text):
                return
        elif not unicodedata.is_normalized("NFC", text):
            self.apart += 1
            self.first_apart = place if self.first_apart is None else self.first_apart
        elif not unicodedata.is_normalized("NFD", text):
            self.composed += 1
        for kind, found in troubles(text):
            self.rows[kind] = self.rows.get(kind, 0) + 1
            shown = self.first.setdefault(kind, [])
            if len(shown) < SHOWN:
                shown.append((place, found))

    @property
    def mixed(self) -> bool:
        """Whether letters are composed in some rows and decomposed in others."""
        return bool(self.composed and self.apart)


def troubles(text: str) -> Iterator[tuple[str, str]]:
    """Yield each kind of trouble in a text once, with what shows it."""
    if _unseen().search(text):
        for kind, letters in _classes().items():
            if found := letters.search(text):
                yield kind, found.group()
    if ("&" in text or "<" in text) and (found := _ESCAPED.search(text)):
        yield "markup", found.group()
    for run in _LATIN.finditer(text):
        if wrong := _read_wrongly(run.group()):
            yield wrong, run.group()
            return


def _read_wrongly(letters: str) -> str | None:
    """Return which trouble a run of Latin letters and signs is; words with accents are none.

    The bytes of UTF-8 follow strict rules, which a whole run meets by no chance. Those of CP949 are any two from 0xA1
    on: they must come to syllables and hold signs, which words do not.
    """
    for code in ("cp1252", "latin-1"):
        with contextlib.suppress(UnicodeError):
            back = letters.encode(code).decode("utf-8")
            if all(unicodedata.category(one) not in ("Cc", "Cn", "Co") for one in back):
                return "mojibake"
    with contextlib.suppress(UnicodeError):
        back = letters.encode("latin-1").decode("cp949")
        signs = sum("\u00a1" <= one <= "\u00bf" for one in letters)
        if len(back) > 1 and signs and all("\uac00" <= one <= "\ud7a3" for one in back):
            return "mojibake-korean"
    return None


@cache
def _classes() -> dict[str, re.Pattern[str]]:
    """Return what matches letters that are unseen or lost, by kind; tabs and line ends are none of them, nor are the
    joiners of emoji and of Indic and Persian letters."""
    return {kind: re.compile(f"[{_ranges(codes)}]") for kind, codes in _codes().items()}


@cache
def _unseen() -> re.Pattern[str]:
    """Return what matches any letter of `_classes`."""
    return re.compile(f"[{''.join(map(_ranges, _codes().values()))}]")


@cache
def _codes() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"replacement": [0xFFFD], "control": [], "invisible": [], "private": [], "spaces": []}
    kinds = {"Cc": "control", "Cf": "invisible", "Co": "private", "Zs": "spaces", "Zl": "spaces", "Zp": "spaces"}
    usual = {*map(ord, "\t\n\r \u200c\u200d"), *range(0xE0000, 0xE0080)}  # tags spell the flags of countries
    for code in range(sys.maxunicode + 1):
        kind = kinds.get(unicodedata.category(chr(code)))
        if kind is not None and code not in usual:
            found[kind].append(code)
    return found


def _ranges(codes: list[int]) -> str:
    """Return the inside of a class of letters."""
    parts: list[list[int]] = []
    for code in codes:
        if parts and parts[-1][1] == code - 1:
            parts[-1][1] = code
        else:
            parts.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in parts)
