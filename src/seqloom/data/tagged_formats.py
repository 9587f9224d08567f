"""Which format a file of tagged sentences has, by what stands in it, and the contract of each.

conll   a word a line, columns between tabs or spaces, a blank line after each sentence
conllu  CoNLL-U (and CoNLL-U Plus): ten named columns, words of several tokens (1-2) and empty ones (1.1)
jsonl   an object a sentence: {"words": [...], "tags": [...], "intent": "..."}
tsv     a sentence a row: words with spaces between, tags with spaces between, perhaps a label
slots   a sentence a line: word:TAG word:TAG <=> label
text    a sentence a line, words alone
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar, Literal, NamedTuple

from seqloom.data.blob import Blob, Line
from seqloom.data.formats import BadRow, decode
from seqloom.errors import InputError, nearest

LOOKED_AT = 2000
"""Lines that decide what a file is."""
PREDICTED = "predicted"


class BadSentence(Exception):
    """A sentence that cannot be used: the line, what is wrong, and how to mend it."""

    def __init__(self, line: int, problem: str, fix: str = "Fix the line") -> None:
        super().__init__(problem)
        self.line, self.problem, self.fix = line, problem, fix


class NoColumn(InputError):
    """A column that was asked for and is not there."""


class Asked(NamedTuple):
    """What a person asks of a file: columns by name or number, whether tags are needed, whether there is a header."""

    words: str | int | None = None
    tags: str | int | None = None
    label: str | int | Literal[False] | None = None
    tagged: bool = True
    header: bool | None = None


class Block(NamedTuple):
    """The bytes of one sentence with their line ends, where they start, and their first line."""

    line: int
    start: int
    data: bytes
    bad: BadSentence | None = None

    @property
    def end(self) -> int:
        """The offset after the last byte."""
        return self.start + len(self.data)


class Parsed(NamedTuple):
    """What a block says; no words: it is no sentence (comments alone)."""

    words: list[str]
    tags: list[str]
    label: str | None
    lines: list[int]


@dataclass
class Layout(ABC):
    """How the sentences of one file are cut, parsed, and written back with a column more.

    columns  what was found to be what, by "words", "tags" and "label": a name, or a number from 1 (-1: the last)
    """

    columns: dict[str, str | int]
    notes: list[str] = field(default_factory=list)
    name: ClassVar[str] = ""

    @abstractmethod
    def blocks(self, lines: Iterator[Line]) -> Iterator[Block]:
        """Cut lines into sentences."""

    @abstractmethod
    def parse(self, text: str, line: int) -> Parsed:
        """Return the words and tags of a block that starts at `line`. Raises BadSentence."""

    @abstractmethod
    def written(self, text: str, tags: list[str], label: str | None) -> str:
        """Return a block with a column more."""

    def opening(self) -> str:
        """Return what the file's first line must say of the new column."""
        return ""

    def kept(self, text: str) -> str:
        """Return what stands between sentences as it is written beside a column more."""
        return text


def choose(blob: Blob, format: str, asked: Asked) -> Layout:
    """Return how to read a file, in the format asked for or the one its first lines show.

    Raises InputError for a format that holds no tags, and for columns that are not there.
    """
    from seqloom.data import tagged_lines, tagged_rows

    first = [line for line in islice(blob.lines(), LOOKED_AT) if line.data.strip()]
    texts = [line.data.decode("utf-8", "replace") for line in first]
    if not texts:
        raise InputError(f"{blob.name} holds only blank lines.")
    made: dict[str, Callable[[str, Sequence[str], Asked], Layout]] = {
        "conll": tagged_lines.conll,
        "conllu": tagged_lines.conllu,
        "jsonl": tagged_rows.jsonl,
        "tsv": tagged_rows.tsv,
        "slots": tagged_rows.slots,
        "text": tagged_rows.text,
    }
    name = sniff(blob.name, texts) if format == "auto" else format
    if name not in made:
        raise InputError(f"{blob.name}: format '{name}' holds no tagged sentences" + nearest(name, made, "--format"))
    if name == "text" and asked.tagged:
        raise InputError(
            f"{blob.name}: lines of words have no tags. Tagged files are CoNLL columns, CoNLL-U, JSON lines, TSV of "
            "words and tags, or word:TAG lines (--format conll|conllu|jsonl|tsv|slots)."
        )
    return made[name](blob.name, texts, asked)


def sniff(name: str, lines: Sequence[str]) -> str:
    """Return the format that the first lines of a file look like; its name decides about .conllu and JSON lines."""
    bare = name.lower().removesuffix(".gz")
    if bare.endswith((".jsonl", ".ndjson")) or lines[0].lstrip()[:1] == "{":
        return "jsonl"
    tabbed = [line.rstrip("\r\n").split("\t") for line in lines if "\t" in line]
    if bare.endswith((".conllu", ".conllup")) or (
        tabbed and all(len(row) == 10 and row[0].replace("-", "").replace(".", "").isdigit() for row in tabbed)
    ):
        return "conllu"
    if sum(" <=> " in line for line in lines) * 2 > len(lines):
        return "slots"
    several = [[cell.split(" ") for cell in row[:2]] for row in tabbed if not row[0].startswith("#")]
    several = [row for row in several if max(map(len, row)) > 1 and all(map(all, row))]  # sentences, by their spaces
    if sum(len(words) == len(tags) for words, tags in several) * 2 > len(several):
        return "tsv"
    if not tabbed and bare.endswith((".txt", ".text")):
        widths = [len(line.split()) for line in lines]
        if max(map(widths.count, set(widths))) * 10 < 9 * len(widths):
            return "text"
    return "conll"


def text_of(line: Line) -> str:
    """Return the text of a line. Raises BadSentence for bytes that are not UTF-8, and for NUL."""
    try:
        return decode(line.data)
    except BadRow as bad:
        raise BadSentence(line.number, bad.problem, bad.fix) from None


def place_of(path: str, asked: str | int, names: Sequence[str], width: int, flag: str) -> int:
    """Return the place from 0 of a column asked for by name or number (from 1; -1 is the last).

    `names` may be empty. Raises InputError where there is no such column.
    """
    text = str(asked).strip()
    folded = [name.casefold() for name in names]
    if text.casefold() in folded:
        return folded.index(text.casefold())
    if text.removeprefix("-").isdigit():
        number = int(text)
        if number and -width <= number <= width:
            return number - 1 if number > 0 else width + number
        raise NoColumn(f"{path} has no column {text}: it has {width} ({flag}; from 1, and -1 is the last).")
    if not names:
        raise NoColumn(
            f"{path} has no column '{text}': its {width} columns have no names. Give a number from 1 to {width}, or -1 "
            f"for the last ({flag})."
        )
    raise NoColumn(f"{path} has no column '{text}'" + nearest(text, names, flag) + ".")
