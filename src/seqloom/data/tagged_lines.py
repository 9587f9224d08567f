"""A word a line: CoNLL columns between tabs or spaces, and CoNLL-U.

Comments start with "#"; in a file of tabs also lines without any that start with ";" or "$" (as Korean corpora write
the sentence before its morphemes). A word may be "#", or a single space in a file of tabs. -DOCSTART- is no sentence.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from seqloom.data.blob import Line
from seqloom.data.tagged_formats import (
    PREDICTED,
    Asked,
    BadSentence,
    Block,
    Layout,
    Parsed,
    place_of,
    text_of,
)
from seqloom.errors import InputError

DOCSTART = "-DOCSTART-"
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
GLOBAL = "# global.columns ="
_TITLE = re.compile(r"#+ ")
_PART = re.compile(r"\d+[-.]\d+")
Tag = Callable[[], str]


@dataclass
class Columns(Layout):
    """CoNLL columns.

    separator  a tab, or a space for runs of spaces
    width      how many columns there are
    ends       what stands in the last one, of rows that do not begin with "#"
    """

    separator: str = "\t"
    width: int = 1
    words: int = 0
    tags: int | None = None
    ends: frozenset[str] = frozenset()
    name: ClassVar[str] = "conll"

    def blocks(self, lines: Iterator[Line]) -> Iterator[Block]:
        """Cut at blank lines; white space alone is blank."""
        held: list[Line] = []
        bad: BadSentence | None = None
        for line in lines:
            if not line.data.strip():
                if held:
                    yield _block(held, bad)
                held, bad = [], None
                continue
            held.append(line)
            if bad is None:
                try:
                    text_of(line)
                except BadSentence as found:
                    bad = found
        if held:
            yield _block(held, bad)

    def parse(self, text: str, line: int) -> Parsed:
        """Read the rows that are words."""
        words, tags, lines = [], [], []
        for number, row in enumerate(text.removesuffix("\n").split("\n"), line):
            cells = self.cells(row.rstrip("\r"))
            if cells is None or cells[0] == DOCSTART:
                continue
            if len(cells) != self.width:
                raise BadSentence(
                    number,
                    f"{len(cells)} column{'' if len(cells) == 1 else 's'}, expected {self.width}"
                    + ("" if self.separator == "\t" else ", with spaces between"),
                )
            if self.passed(cells):
                continue
            if not cells[self.words]:
                raise BadSentence(number, "the word is empty")
            words.append(cells[self.words])
            lines.append(number)
            if self.tags is not None:
                tag = cells[self.tags].strip()
                if not tag:
                    raise BadSentence(number, f"the tag of {cells[self.words]!r} is empty")
                tags.append(tag)
        return Parsed(words, tags, None, lines)

    def cells(self, row: str) -> list[str] | None:
        """Cut a line; None for a comment."""
        if self.separator == "\t":
            if _TITLE.match(row) or ("\t" not in row and row[:1] in "#;$" and self.width > 1):
                return None
            return row.split("\t")
        cells = [cell for cell in row.split(" ") if cell]
        if row.startswith("#") and (len(cells) != self.width or self._comment(cells)):
            return None
        return cells

    def _comment(self, cells: Sequence[str]) -> bool:
        """Tell "# sent_id = 1", in a file of four columns, from a row whose word is "#"."""
        return not cells[0].strip("#") and bool(self.ends) and cells[-1] not in self.ends

    def passed(self, cells: Sequence[str]) -> bool:
        """Say whether a row of cells is no word to be tagged."""
        return cells[0] == DOCSTART

    def written(self, text: str, tags: list[str], label: str | None) -> str:
        """Add a column: a tag to each word, O (as scorers want it) to -DOCSTART-."""
        rest = iter(tags)
        return self._with_column(text, lambda: next(rest))

    def kept(self, text: str) -> str:
        """Keep what is between sentences; -DOCSTART- rows get their column too."""
        return self._with_column(text, None) if DOCSTART in text else text

    def filler(self, cells: Sequence[str]) -> str:
        """Return what stands in the new column of a row that has no tag."""
        return "O"

    def _with_column(self, text: str, tag: Tag | None) -> str:
        rows = []
        for row in text.split("\n"):
            bare = row.rstrip("\r")
            cells = self.cells(bare) if bare.strip() else None
            if cells is None or len(cells) != self.width:
                rows.append(row)
                continue
            if self.passed(cells):
                new = self.filler(cells)
            elif tag is not None:
                new = tag()
            else:
                rows.append(row)
                continue
            body = bare if self.separator == "\t" else bare.rstrip(" ")
            rows.append(f"{body}{self.separator}{new}{row[len(bare) :]}")
        return "\n".join(rows)


@dataclass
class Universal(Columns):
    """CoNLL-U: rows 1-2 (several words written as one) and 1.1 (empty) are kept and not tagged."""

    names: tuple[str, ...] = CONLLU
    plus: bool = False
    name: ClassVar[str] = "conllu"

    def cells(self, row: str) -> list[str] | None:
        """Cut a line; None for a comment."""
        return None if row.startswith("#") else row.split("\t")

    def passed(self, cells: Sequence[str]) -> bool:
        """Say whether a row is a span of words or an empty word."""
        return _PART.fullmatch(cells[0]) is not None

    def filler(self, cells: Sequence[str]) -> str:
        """Return CoNLL-U's sign for nothing."""
        return "_"

    def kept(self, text: str) -> str:
        """Keep what is between sentences."""
        return text

    def written(self, text: str, tags: list[str], label: str | None) -> str:
        """Add a column, and its name where the file names its columns."""
        return re.sub(rf"^{GLOBAL}.*?(?=\r?$)", self.title().strip(), super().written(text, tags, label), flags=re.M)

    def title(self) -> str:
        """Name the columns, as a file with more than the ten has to on its first line (CoNLL-U Plus)."""
        return f"{GLOBAL} {' '.join(name.upper() for name in (*self.names, PREDICTED))}\n"

    def opening(self) -> str:
        """Return that line where the file has none."""
        return "" if self.plus else self.title()


def conll(path: str, lines: Sequence[str], asked: Asked) -> Columns:
    """Return how to read CoNLL columns: tabs or spaces, how many, and which are the word and the tag."""
    rows = [line.rstrip("\r") for line in lines]
    separator = "\t" if sum("\t" in row for row in rows) * 2 >= len(rows) else " "
    draft = Columns({}, separator=separator, width=0 if separator == " " else 2)
    cut = [cells for row in rows if (cells := draft.cells(row)) is not None and not draft.passed(cells)]
    widths = Counter(len(cells) for cells in cut)
    if not widths:
        raise InputError(f"{path}: holds comments and no words in its first {len(rows)} lines.")
    width = widths.most_common(1)[0][0]
    cut = [cells for cells in cut if len(cells) == width]
    ends = frozenset(cells[-1] for cells in cut if not cells[0].startswith("#"))
    made = Columns({}, separator=separator, width=width, ends=ends)
    if asked.words is None:
        numbered = all(cells[0].isdigit() for cells in cut) and width > 2
        made.words = int(numbered)
        made.columns["words"] = made.words + 1
    else:
        made.words = place_of(path, asked.words, (), width, "--text-column")
        made.columns["words"] = asked.words
    if asked.tagged:
        _tag_column(path, made, asked, (), -1)
    _no_label(path, asked, made.name)
    return made


def conllu(path: str, lines: Sequence[str], asked: Asked) -> Universal:
    """Return how to read CoNLL-U: its ten columns, or those that its first line names, the form and the tag."""
    named = next((line for line in lines if line.startswith(GLOBAL)), None)
    names = CONLLU if named is None else tuple(named[len(GLOBAL) :].casefold().split())
    made = Universal({}, width=len(names), names=names, plus=named is not None)
    words = asked.words if asked.words is not None else "form"
    made.words = place_of(path, words, names, len(names), "--text-column")
    made.columns["words"] = names[made.words]
    if asked.tagged:
        _tag_column(path, made, asked, names, "upos")
        made.columns["tags"] = names[made.tags or 0]
    _no_label(path, asked, made.name)
    return made


def _tag_column(path: str, made: Columns, asked: Asked, names: Sequence[str], usual: str | int) -> None:
    if made.width < 2:
        raise InputError(f"{path}: has one column, so there are words and no tags. Tags stand in a column beside them.")
    column = usual if asked.tags is None else asked.tags
    made.tags = place_of(path, column, names, made.width, "--label-column")
    made.columns["tags"] = column
    if made.tags == made.words:
        raise InputError(f"{path}: column {column} is both word and tag; name them apart.")


def _no_label(path: str, asked: Asked, format: str) -> None:
    if asked.tagged and asked.label not in (None, False):
        raise InputError(f"{path}: a {format} file has no column for a whole sentence: leave out target.intent.")


def _block(lines: list[Line], bad: BadSentence | None) -> Block:
    data = b"".join(line.data + line.end for line in lines)
    return Block(lines[0].number, lines[0].start, data, bad)
