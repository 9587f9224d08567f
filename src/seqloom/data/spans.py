"""Spans written as a tag for each word, in every way that files do it.

    words   Kim   Min   went  to  New    York   City   ,  Seoul
    iob1    I-PER I-PER O     O   I-LOC  I-LOC  I-LOC  O  I-LOC     B- only where a span touches one of its own type
    iob2    B-PER I-PER O     O   B-LOC  I-LOC  I-LOC  O  B-LOC     B- begins every span (also called BIO)
    bioes   B-PER E-PER O     O   B-LOC  I-LOC  E-LOC  O  S-LOC     E- ends it, S- is one word alone
    bilou   B-PER L-PER O     O   B-LOC  I-LOC  L-LOC  O  U-LOC     the same with other letters

`spans` reads all of them, and what is in none of them, as the scorer of CoNLL-2000 does (conlleval; E and S as its
Python ports, of which seqeval is one, read them): a span starts at B, at S, at anything after O, and where the type
changes. Files that use tags loosely also write a bare `I`, which goes on with the span before it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

OUTSIDE = "O"
TAG = re.compile(r"([BIESLU])(?:([-_])(.+))?")
ENDS = {"L": "E", "U": "S"}
FEW = 20
"""One span in so many may break the rules of a scheme that a file is said to follow."""
Kind = Literal["iob1", "iob2", "bioes", "bilou", "loose"]


class Span(NamedTuple):
    """Words `start` to `end` (not included) of a sentence, and what they are."""

    type: str
    start: int
    end: int


@dataclass(frozen=True)
class Scheme:
    """How a file writes spans: its kind, what stands between letter and type, and whether an I has no type."""

    kind: Kind
    separator: str = "-"
    bare: bool = False

    def __str__(self) -> str:
        marks = [f"'{self.separator}' before the type"] if self.separator != "-" else []
        marks += ["a bare I"] if self.bare else []
        return self.kind + (f" ({', '.join(marks)})" if marks else "")

    def tags(self, spans: Iterable[Span], length: int) -> list[str]:
        """Write the spans of a sentence of `length` words as tags."""
        tags = [OUTSIDE] * length
        before: Span | None = None
        for span in sorted(spans, key=lambda span: span.start):
            letters = ["B", *["I"] * (span.end - span.start - 1)]
            touches = before is not None and before.end == span.start and before.type == span.type
            if self.kind == "iob1" and not touches:
                letters[0] = "I"
            if self.kind in ("bioes", "bilou"):
                letters[-1] = "E" if len(letters) > 1 else "S"
            if self.kind == "bilou":
                letters = [{"E": "L", "S": "U"}.get(letter, letter) for letter in letters]
            for place, letter in enumerate(letters, span.start):
                untyped = not span.type or (self.bare and letter == "I" and place > span.start)
                tags[place] = letter if untyped else f"{letter}{self.separator}{span.type}"
            before = span
        return tags


def split(tag: str) -> tuple[str, str]:
    """Return the letter and the type of a tag: B-PER is (B, PER), a bare I is (I, ""), anything else is outside."""
    found = TAG.fullmatch(tag)
    if found is None:
        return OUTSIDE, ""
    letter, _, kind = found.groups()
    return ENDS.get(letter, letter), kind or ""


def spans(tags: Sequence[str]) -> list[Span]:
    """Return the spans of a sentence as conlleval finds them, in order; a bare I or E goes on with what was open."""
    found: list[Span] = []
    start, before, type_before = 0, OUTSIDE, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        letter, kind = split(tag)
        if not kind and letter in "IE" and before in "BI":
            kind = type_before  # a bare letter
        changed = kind != type_before
        ends = before in "ES" or (before in "BI" and (letter in "BSO" or changed))
        if before != OUTSIDE and ends:
            found.append(Span(type_before, start, place))
        starts = letter in "BS" or (letter in "IE" and (before in "OES" or changed))
        if starts:
            start = place
        before, type_before = letter, kind
    return found


def typed(tags: Sequence[str]) -> bool:
    """Say whether some tag names a type."""
    return any(split(tag)[1] for tag in tags)


def recognise(sentences: Iterable[Sequence[str]]) -> Scheme | None:
    """Return the scheme in which sentences write spans; None where their tags are no spans (parts of speech, say).

    All tags must look like spans for that. A file is iob2 or iob1 by which of their rules it breaks less; one that
    breaks both at more than one span in 20 is loose, and read as conlleval reads it.
    """
    letters: set[str] = set()
    separators: set[str] = set()
    bare_inside = one_typed = False
    begins = first_inside = needless = 0
    for tags in sentences:
        before, type_before = OUTSIDE, ""
        for tag in tags:
            found = TAG.fullmatch(tag)
            if found is None:
                if tag != OUTSIDE:
                    return None
                before, type_before = OUTSIDE, ""
                continue
            letter, separator, kind = found.groups()
            letters.add(letter)
            if separator is not None:
                separators.add(separator)
            one_typed = one_typed or bool(kind)
            bare_inside = bare_inside or (letter == "I" and kind is None)
            kind = kind or (type_before if letter in "IEL" else "")
            follows = before in ("B", "I") and kind == type_before
            begins += letter == "B"
            first_inside += letter == "I" and not follows  # iob2 would write B
            needless += letter == "B" and not follows  # iob1 would write I
            before, type_before = letter, kind
    if not letters or (not one_typed and not {"B", "I"} <= letters):
        return None
    separator = "_" if separators == {"_"} else "-"
    bare = bare_inside and one_typed
    if letters & {"L", "U"}:
        return Scheme("bilou", separator, bare)
    if letters & {"E", "S"}:
        return Scheme("bioes", separator, bare)
    if min(first_inside, needless) * FEW > begins + first_inside:
        return Scheme("loose", separator, bare)
    return Scheme("iob2" if first_inside <= needless else "iob1", separator, bare)


def lost(tags: Sequence[str]) -> list[int]:
    """Return the places of a bare I or E that has no span to go on with, in a sentence of a file that names types."""
    places, before = [], OUTSIDE
    for place, tag in enumerate(tags):
        letter, kind = split(tag)
        if letter in "IE" and not kind and before in "OES":
            places.append(place)
            letter = OUTSIDE
        before = letter
    return places


def odd(tags: Sequence[str], scheme: Scheme) -> list[int]:
    """Return the places whose tags are not what the scheme would write for the spans that are read there."""
    return [place for place, tag in enumerate(scheme.tags(spans(tags), len(tags))) if tag != tags[place]]
