"""How each file format cuts lines into records and records into cells.

tsv       everything between two tabs is a cell; quotes are ordinary characters
csv       the rules of Python's csv module (RFC 4180): quoted cells may hold commas, quotes and line ends
jsonl     one object a line; anything but a string keeps its JSON text: 3.50, true, ["a", "b"]; null is no value
text      one column, "text", a row a line, empty lines too
labelled  "label text": the first space separates
fasta     a record is a line that begins with `>` and the lines of its sequence (see `Fasta`)
"""

import csv
import json
import re
import sys
import unicodedata
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from seqloom.data.blob import Line
from seqloom.data.sniff import likely_encoding
from seqloom.errors import InputError

LONGEST_RECORD = 10_000
"""Lines one CSV record may take; a quote left open would otherwise swallow the rest of the file."""

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the limit is the whole process's; a 10 MB line is fine here


class BadRow(Exception):
    """A row that cannot be used: what is wrong, and how to mend it."""

    def __init__(self, problem: str, fix: str = "Fix the row") -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


class Record(NamedTuple):
    """The bytes of one row, the line and offset where it starts, and what is wrong with them, if anything."""

    line: int
    start: int
    data: bytes
    bad: BadRow | None = None


class Format(ABC):
    """A file format. `may_have_header`: the first row can hold the column names; `keyed`: a row names its cells."""

    name = ""
    may_have_header = False
    keyed = False
    keeps_blank = False
    columns: tuple[str, ...] = ()
    """Names of the columns, where the format fixes them."""

    def records(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Cut lines into records; here each line is one."""
        return (Record(line.number, line.start, line.data) for line in lines)

    @abstractmethod
    def cells(self, text: str) -> list[str] | dict[str, str]:
        """Return the cells of a record, by column name where the format names them. Raises BadRow."""


class Tsv(Format):
    """Tab-separated, quoting off."""

    name, may_have_header = "tsv", True

    def cells(self, text: str) -> list[str]:
        """Split at tabs."""
        return text.split("\t")


class Csv(Format):
    """Comma-separated, with quoting."""

    name, may_have_header = "csv", True

    def records(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Join the lines of a quoted cell; a quote that is never closed spoils one line, not the rest of the file."""
        returned: deque[Line] = deque()
        while line := returned.popleft() if returned else next(lines, None):
            if b'"' not in line.data:
                yield Record(line.number, line.start, line.data)
                continue
            taken = [line]
            try:  # latin-1 maps bytes to characters one to one, so broken UTF-8 is no matter here
                next(csv.reader(_more(taken, returned, lines), strict=True))
                open_quote = False
            except csv.Error as error:  # anything else that is wrong with one line, `cells` says
                open_quote = len(taken) > 1 or "end of data" in str(error)
            bad = None
            if open_quote:
                returned.extendleft(reversed(taken[1:]))
                taken = [line]
                bad = BadRow(
                    "a quote is opened and not closed",
                    'Close it, write a literal quote in a quoted cell as "", or read the file with --format tsv if'
                    " tabs separate its columns",
                )
            data = b"".join(part.data + part.end for part in taken[:-1]) + taken[-1].data
            yield Record(line.number, line.start, data, bad)

    def cells(self, text: str) -> list[str]:
        """Split at commas outside quotes."""
        if '"' not in text and "\r" not in text:
            return text.split(",")
        try:
            return next(csv.reader((text,), strict=True))
        except csv.Error as error:
            problem = str(error)
        if "new-line" in problem:
            raise BadRow("a bare carriage return outside quotes", "Put the cell in quotes, or use LF line ends")
        raise BadRow(f"not CSV: {problem}", 'Write a literal quote in a quoted cell as ""')


class Jsonl(Format):
    """JSON lines."""

    name, keyed = "jsonl", True

    def cells(self, text: str) -> dict[str, str]:
        """Parse an object."""
        try:
            row = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
        except json.JSONDecodeError as error:
            fix = "Write one whole object a line, not a list over several" if text.strip() in "[{" else "Fix the row"
            raise BadRow(f"not JSON: {error.msg} at character {error.pos + 1}", fix) from None
        except RecursionError:
            raise BadRow("not usable JSON: nested too deep") from None
        if not isinstance(row, dict):
            raise BadRow(f"a JSON {_kind(row)}, expected an object", 'Write each row as {"column": "value", ...}')
        if not row:
            raise BadRow("an object without keys", 'Write each row as {"column": "value", ...}')
        values = {unicodedata.normalize("NFC", key): _text(value) for key, value in row.items() if value is not None}
        if "\\u" in text:
            _check_escapes(values)
        return values


class Text(Format):
    """Plain text, a row a line."""

    name, keeps_blank, columns = "text", True, ("text",)

    def cells(self, text: str) -> list[str]:
        """Keep the line whole."""
        return [text]


class Labelled(Format):
    """A label, a space, and the text."""

    name, columns = "labelled", ("label", "text")

    def cells(self, text: str) -> list[str]:
        """Split at the first space."""
        label, space, rest = text.partition(" ")
        if not space:
            raise BadRow("no space after the label", 'Write each row as "label text"')
        if not label:
            raise BadRow("the label is missing: the row starts with a space", 'Write each row as "label text"')
        return [label, rest]


class Fasta(Format):
    """Sequences of DNA, RNA or protein, each under a header: `>NP_509.1 label=globin|human`.

    Columns: `id` (the header up to its first space), `header` (the whole of it), `sequence` (in upper case, as a letter
    in lower case is the same one, masked), each `key=value` of the header by its key and, where it has fields with `|`
    between, each of them by its number: the label here is column `label`, the species column `2`.
    """

    name, keyed = "fasta", True

    def records(self, lines: Iterator[Line]) -> Iterator[Record]:
        """Join each header, a line that begins with `>`, and the lines under it."""
        taken: list[Line] = []
        for line in lines:
            if line.data.startswith(b">") and taken:
                yield _joined(taken)
                taken = []
            if taken or line.data.strip():
                taken.append(line)
        if taken:
            yield _joined(taken)

    def cells(self, text: str) -> dict[str, str]:
        """Cut a record into its columns. Raises BadRow for a sequence that is none."""
        header, _, rest = text.partition("\n")
        if not header.startswith(">"):
            raise BadRow("a sequence without a header", "A record begins with a line '>name'")
        header = header[1:].strip()
        sequence = "".join(rest.split()).upper()
        if not sequence:
            raise BadRow(f"no sequence under the header {header[:40]!r}", "Give it one, or remove the header")
        wrong = next((letter for letter in sequence if letter not in _RESIDUES), None)
        if wrong is not None:
            line = next(place for place, part in enumerate(rest.split("\n"), 1) if wrong in part.upper())
            raise BadRow(f"{wrong!r} in line {line} of the sequence of {header[:40]!r}, which is no residue")
        cells = {"id": header.split()[0] if header else "", "header": header, "sequence": sequence}
        if "|" in header:
            cells |= {str(number): part.strip() for number, part in enumerate(header.split("|"), 1)}
        for key, value in _KEY_AND_VALUE.findall(header):
            cells.setdefault(unicodedata.normalize("NFC", key), value.strip('"'))
        return cells


_RESIDUES = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ*-.")
"""Every letter is some residue or stands for several; `*` ends a protein, `-` and `.` are gaps."""
_KEY_AND_VALUE = re.compile(r"""(?:^|[\s|;,\[])([^\W\d]\w*)=("[^"]*"|[^\s|;,\]]+)""")


def _joined(lines: list[Line]) -> Record:
    data = b"".join(line.data + line.end for line in lines[:-1]) + lines[-1].data
    return Record(lines[0].number, lines[0].start, data)


_ALL = (Tsv(), Csv(), Jsonl(), Text(), Labelled(), Fasta())
FORMATS: dict[str, Format] = {kind.name: kind for kind in _ALL}
EXTENSIONS = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
    ".text": "text",
    ".fasta": "fasta",
    ".fa": "fasta",
    ".fna": "fasta",
    ".ffn": "fasta",
    ".faa": "fasta",
}


def choose(name: str, format: str, first: bytes) -> Format:
    """Return the format asked for; "auto" goes by the extension. Raises InputError where that does not tell.

    `first` is the first line of the file, for a hint.
    """
    if format != "auto":
        if format not in FORMATS:
            raise InputError(f"unknown format '{format}'. Known: auto, {', '.join(FORMATS)} (--format).")
        return FORMATS[format]
    bare = name.lower().removesuffix(".gz")
    for extension, kind in EXTENSIONS.items():
        if bare.endswith(extension):
            return FORMATS[kind]
    begins = {b"{": "jsonl", b">": "fasta"}
    likely = "tsv" if b"\t" in first else begins.get(first.lstrip()[:1], "")
    hint = f" Its first line looks like {likely}: --format {likely}." if likely else ""
    raise InputError(f"{name}: the name does not tell the format. Say which with --format {'|'.join(FORMATS)}.{hint}")


def decode(data: bytes) -> str:
    """Return the text of a record. Raises BadRow for bytes that are not UTF-8, and for NUL."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        likely = likely_encoding(data)
        raise BadRow(
            f"byte {error.start + 1} of the line is not UTF-8 (0x{data[error.start]:02x})",
            f"The file may be {likely}; convert it with: iconv -f {likely} -t UTF-8 old > new",
        ) from None
    if "\0" in text:
        raise BadRow(f"byte {data.index(0) + 1} of the line is NUL (0x00)", "Remove it")
    return text


def _more(taken: list[Line], returned: deque[Line], lines: Iterator[Line]) -> Iterator[str]:
    """Yield the first line of a CSV record, then as many more as its reader asks for, noting them in `taken`."""
    yield taken[0].data.decode("latin-1") + "\n"
    while len(taken) < LONGEST_RECORD and (line := returned.popleft() if returned else next(lines, None)):
        taken.append(line)
        yield line.data.decode("latin-1") + "\n"


class _Number(str):
    """The digits of a JSON number as they were written."""


def _text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _nested(value)


def _nested(value: object) -> str:
    """Write a JSON value again, numbers with the digits they had."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {_nested(value[key])}" for key in value) + "}"
    return json.dumps(value, ensure_ascii=False)


def _kind(value: object) -> str:
    if isinstance(value, _Number):
        return "number"
    return {list: "list", str: "string", bool: "true or false"}.get(type(value), "null")


def _check_escapes(values: dict[str, str]) -> None:
    for key, value in values.items():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadRow(f"'{key}' holds half a character (\\u{ord(value[error.start]):04x})") from None
        if "\0" in value:
            raise BadRow(f"'{key}' holds NUL (\\u0000)", "Remove it")
