"""The `.ts` format of the time series archives (timeseriesclassification.com; aeon and sktime read and write it).

    # a comment                          lines of the header
    @problemName Vowels                  a directive and what it says, in any case; unknown ones are passed over
    @univariate false
    @dimensions 2
    @classLabel true one two             or @targetLabel true, of regression
    @data
    0.1,0.2,?:3,4,5:one                  a series a line: its channels, then its label, with colons between

`?` and `NaN` are missing values. Series may differ in length, the channels of one may not. What the header says of
lengths and missing values is compared with what is there, and a difference is said aloud. Timestamps are refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from seqloom.data import blob as blobs
from seqloom.data.blob import Blob, Line
from seqloom.data.cases import Case, Cases, Gather, numbers
from seqloom.data.formats import BadRow, decode
from seqloom.data.rows import OnBadRow
from seqloom.errors import InputError

YES_NO = {"true": True, "false": False}


@dataclass
class Header:
    """What the directives of a file say; None where they say nothing.

    labels  the class labels that there may be, [] where the file names none
    target  the last field of a line is a label (of either kind)
    """

    dimensions: int | None = None
    univariate: bool | None = None
    missing: bool | None = None
    equal: bool | None = None
    length: int | None = None
    target: bool = False
    number: bool = False
    labels: list[str] = field(default_factory=list)

    @property
    def width(self) -> int | None:
        """Channels of each series, where the header tells."""
        return self.dimensions or (1 if self.univariate else None)


def read_ts(path: str | Path, on_bad_row: OnBadRow = "error") -> Cases:
    """Read a `.ts` file, plain or gzipped. Raises InputError, with file and line, for what cannot be used."""
    blob = blobs.load(path)
    lines = blob.lines()
    header = _header(blob, lines)
    first = next((line for line in lines if line.data.strip()), None)
    if first is None:
        raise InputError(f"{blob.name}: no series after @data.")
    width = header.width or _text(blob, first).count(":") + (0 if header.target else 1)
    if width < 1:
        raise InputError(f"{blob.name}:{first.number}: no ':' between the series and its label.")
    found = Gather(blob.name, [str(number) for number in range(1, width + 1)], on_bad_row)
    for line in chain([first], lines):
        if not line.data.strip():
            continue
        try:
            found.add(_case(decode(line.data), line.number, width, header))
        except BadRow as bad:
            found.refuse(line.number, bad)
    cases = found.done()
    cases.notes += _contradictions(cases, header)
    return cases


def _header(blob: Blob, lines: Iterator[Line]) -> Header:
    """Read the directives up to @data."""
    header = Header()
    for line in lines:
        text = _text(blob, line).strip()
        if not text or text.startswith(("#", "%")):
            continue
        where = f"{blob.name}:{line.number}"
        if not text.startswith("@"):
            raise InputError(f"{where}: a line of the header begins with @ or #, and @data comes before the series.")
        name, *said = text[1:].split()
        if name.casefold() == "data":
            return header
        _directive(header, name.casefold(), said, where)
    raise InputError(f"{blob.name}: no @data line. A .ts file has directives, then @data, then a series a line.")


def _directive(header: Header, name: str, said: list[str], where: str) -> None:
    def flag() -> bool:
        if not said or said[0].casefold() not in YES_NO:
            raise InputError(f"{where}: @{name} says {' '.join(said)!r}; it takes true or false.")
        return YES_NO[said[0].casefold()]

    def count() -> int:
        if not said or not said[0].isdigit() or int(said[0]) < 1:
            raise InputError(f"{where}: @{name} says {' '.join(said)!r}; it takes a number from 1 up.")
        return int(said[0])

    if name == "timestamps":
        if flag():
            raise InputError(
                f"{where}: series with timestamps are not read from a .ts file. Write them as a long table (columns "
                "for series, time and value; -s series.id=... -s series.time=...), or leave the times out."
            )
    elif name == "univariate":
        header.univariate = flag()
    elif name in ("dimensions", "dimension"):
        header.dimensions = count()
    elif name == "missing":
        header.missing = flag()
    elif name == "equallength":
        header.equal = flag()
    elif name == "serieslength":
        header.length = count()
    elif name == "targetlabel":
        header.target = header.number = flag()
    elif name == "classlabel":
        header.target = flag()
        header.labels = said[1:]
    if header.univariate and (header.dimensions or 1) > 1:
        raise InputError(f"{where}: @univariate true, and @dimensions {header.dimensions}. One of the two is wrong.")


def _case(text: str, line: int, width: int, header: Header) -> Case:
    """Read one line. Raises BadRow."""
    parts = text.strip().split(":")
    expected = width + header.target
    if len(parts) != expected:
        label = " and a label" if header.target else ""
        raise BadRow(f"{_fields(len(parts))} between colons, expected {expected} ({width} of numbers{label})")
    if parts[0].startswith("("):
        raise BadRow("values with timestamps, which the header does not announce", "Leave the times out")
    labels: tuple[str, ...] = ()
    if header.target:
        labels = (_label(parts.pop().strip(), header),)
    channels = []
    for place, part in enumerate(parts, 1):
        try:
            channels.append(numbers(part.split(",")))
        except BadRow as bad:
            raise BadRow(f"{bad.problem} (channel {place})" if width > 1 else bad.problem) from None
    lengths = [len(channel) for channel in channels]
    if min(lengths) < max(lengths):
        other = next(place for place, length in enumerate(lengths) if length != lengths[0])
        raise BadRow(f"channel 1 has {_steps(lengths[0])} and channel {other + 1} has {lengths[other]}")
    return Case(np.array(channels, np.float64).T, labels, line)


def _label(label: str, header: Header) -> str:
    """Return a label that the header allows. Raises BadRow for another."""
    if not label:
        raise BadRow("the label is empty")
    if header.labels and label not in (*header.labels, "?"):
        raise BadRow(f"label {label!r}, and @classLabel names {', '.join(header.labels[:12])}")
    if header.number and not np.isfinite(numbers([label])[0]) and label != "?":
        raise BadRow(f"target {label!r} is no number")
    return label


def _contradictions(cases: Cases, header: Header) -> list[str]:
    """Say where the header is wrong about what is there."""
    lengths = [len(case.values) for case in cases]
    least, most = min(lengths), max(lengths)
    missing = sum(bool(np.isnan(case.values).any()) for case in cases)
    notes = []
    if header.equal and least < most:
        notes.append(f"{cases.path}: @equalLength true, but the series have {least} to {most} steps.")
    elif header.length is not None and header.equal and most != header.length:
        notes.append(f"{cases.path}: @seriesLength {header.length}, but the series have {most} steps.")
    if header.missing is False and missing:
        notes.append(f"{cases.path}: @missing false, but {missing} of {len(cases)} series have missing values.")
    return notes


def _text(blob: Blob, line: Line) -> str:
    try:
        return decode(line.data)
    except BadRow as bad:
        raise InputError(f"{blob.name}:{line.number}: {bad.problem}. {bad.fix}.") from None


def _fields(number: int) -> str:
    return f"{number} field{'' if number == 1 else 's'}"


def _steps(number: int) -> str:
    return f"{number} step{'' if number == 1 else 's'}"
