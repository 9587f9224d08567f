"""Whether the first row holds the names of the columns."""

import unicodedata
from collections.abc import Iterable, Sequence

from seqloom.errors import InputError

_USUAL = """
text texts sentence sentences sentence1 sentence2 sentence_1 sentence_2 text_a text_b document review reviews
question questions question1 question2 query answer answers label labels class category target source topic
title body content comment message tweet utterance response sentiment rating score intent premise hypothesis
tokens tags input output prompt completion summary word words caption id idx index image_id
문장 문장1 문장2 텍스트 본문 내용 문서 리뷰 댓글 질문 답변 제목 라벨 레이블 분류 범주 감정 점수 단어
"""
USUAL = frozenset(_USUAL.split())
"""Names that columns of texts and labels usually bear."""
_LANGUAGES = """
ar bg bn ca cs da de el en es et eu fa fi fr he hi hr hu id is it ja jp ka ko kr lt lv ms nl no pl pt ro ru sk sl sr sv
sw ta th tr uk ur vi zh
"""
LANGUAGES = frozenset(_LANGUAGES.split())
"""Codes of languages, two of which above columns of pairs name them."""
MISSING = ("", "?", "-", "na", "n/a", "nan", "null", "none")
LOOKED_AT = 1000
"""Rows compared with the first one before it is taken for a header."""


def clean(name: str) -> str:
    """Return a column name as it is known: without outer spaces, Hangul composed."""
    return unicodedata.normalize("NFC", name.strip())


def is_header(
    first: Sequence[str],
    later: Iterable[Sequence[str]],
    wanted: Iterable[str],
    together: Sequence[Iterable[str]] = (),
) -> bool:
    """Tell whether `first` holds names: one that is `wanted`, a usual one, or a word above a column of numbers.

    Pairs are also headed by one name of each group in `together`, or by two languages ("de", "en").

    "question" heads a column of questions, but in a column that says "question" or "statement" in every row it is
    data; so a usual name that turns up again below itself does not count. Column numbers are not names.
    """
    later = list(later)
    names = [clean(cell).casefold() for cell in first]
    if {clean(name).casefold() for name in wanted if not name.strip().isdigit()} & set(names):
        return True
    if together and (len({*names} & LANGUAGES) > 1 or all({*names} & {*group} for group in together)):
        return True
    usual = [place for place, name in enumerate(names) if name in USUAL]
    repeated = any(
        len(row) > place and clean(row[place]).casefold() == names[place] for row in later for place in usual
    )
    return (bool(usual) and not repeated) or any(_heads_numbers(cell, place, later) for place, cell in enumerate(first))


def _heads_numbers(cell: str, place: int, later: Sequence[Sequence[str]]) -> bool:
    below = [row[place] for row in later if len(row) > place]
    return (
        cell.strip().casefold() not in MISSING and not is_number(cell) and len(below) > 2 and all(map(is_number, below))
    )


def is_number(text: str) -> bool:
    """Say whether a cell reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def numbered(width: int) -> list[str]:
    """Name the columns of a file without a header by their numbers, from 1."""
    return [str(number) for number in range(1, width + 1)]


def named(cells: Sequence[str], where: str) -> list[str]:
    """Return the names in a header; an unnamed column goes by its number. Raises InputError for a name given twice."""
    names = [clean(cell) or str(number) for number, cell in enumerate(cells, 1)]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"{where}: the header names '{name}' {names.count(name)} times. Give each column its own name, or say"
                " -s data.header=false if this row is data."
            )
    return names
