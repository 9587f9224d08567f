"""Made puzzles of memory: what is asked lies as far back as one likes, so that reach over time can be measured.

    FOLDER/train.tsv    adding: numbers, marks, value: two series in a row, and the sum of the two numbers marked
                        copy: words, tags: ten symbols, blanks, and a call to write the symbols again
    FOLDER/valid.tsv    other rows of the same, a tenth as many; to stop by
    FOLDER/test.tsv     as many again; to measure on

The adding problem is Hochreiter & Schmidhuber's (1997, task 4) as Le et al. (2015, arXiv:1504.00941) have it, the copy
memory task that of Bai et al. (2018, arXiv:1803.01271, section 5.2). Their training sets are of 50,000 and 10,000 rows.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote

import numpy as np

from seqloom.errors import InputError

ADDING, COPY = 200, 100
"""Steps of a row of adding, and blanks of a row of copy, where nobody says: those of Bai et al. and its first."""
PLACES = 4
"""Digits of a number after the point. The sum is of the numbers as they are written."""
ITEMS = 10
SYMBOLS = "abcdefgh"
BLANK, CALL = "-", "?"
SHARE = 10
"""One row to validate on, and one to test on, for so many of training."""
LEAST = 10
"""Rows to validate on at least."""
LONGEST = 100_000


def make_adding(folder: Path, rows: int, seed: int, length: int | None = None) -> list[str]:
    """Write `rows` rows of `length` steps to train on, and others to validate and to test on; return lines to try.

    Who always says 1 has a squared error of 1/6 and a mean absolute one of 1/3.

    Raises InputError for fewer than two steps.
    """
    steps = _length(ADDING if length is None else length, 2, "one marked step in each half")
    rng = np.random.default_rng(seed)
    for part, count in _parts(rows):
        _write(folder / f"{part}.tsv", ("numbers", "marks", "value"), (adding(rng, steps) for _ in range(count)))
    train, valid = (quote(str(folder / f"{part}.tsv")) for part in ("train", "valid"))
    words = (
        f"-s source.tokens=series -s series.scale=none -s source.dropout=0 -s heads.number.dropout=0 "
        f"-s fit.batch_tokens={32 * steps} --minutes 2"
    )
    return [f"seqloom train regress {train} --valid {valid} --arch {arch} {words}" for arch in ("gru", "lstm", "bag")]


def make_copy(folder: Path, rows: int, seed: int, length: int | None = None) -> list[str]:
    """Write `rows` rows with `length` blanks to train on, and others to validate and to test on; return lines to try.

    Who remembers nothing tells every blank, and one in eight symbols by luck: of T + 20 tags T + 10 and 1.25.

    Raises InputError for no blank at all.
    """
    blanks = _length(COPY if length is None else length, 1, "one blank")
    rng = np.random.default_rng(seed)
    for part, count in _parts(rows):
        _write(folder / f"{part}.tsv", ("words", "tags"), (copy(rng, blanks) for _ in range(count)))
    train, valid = (quote(str(folder / f"{part}.tsv")) for part in ("train", "valid"))
    words = (
        "-s source.size=16 -s source.letters=none -s source.casing=false -s source.dropout=0 -s heads.tags.dropout=0 "
        f"-s fit.batch_tokens={32 * (blanks + 2 * ITEMS)} -s fit.metric=loss --minutes 2"
    )
    return [f"seqloom train tag {train} --valid {valid} --arch {arch} {words}" for arch in ("gru", "lstm", "rnn")]


def adding(rng: np.random.Generator, steps: int) -> tuple[str, str, str]:
    """Draw a row: `steps` numbers from 0 to below 1, marks of which one in each half is 1, and the sum of what they
    mark."""
    drawn = rng.integers(0, 10**PLACES, steps)
    marked = [int(rng.integers(0, steps // 2)), int(rng.integers(steps // 2, steps))]
    marks = ["1" if step in marked else "0" for step in range(steps)]
    total = int(drawn[marked].sum()) / 10**PLACES
    return " ".join(f"{one / 10**PLACES:.{PLACES}f}" for one in drawn), " ".join(marks), f"{total:.{PLACES}f}"


def copy(rng: np.random.Generator, blanks: int) -> tuple[str, str]:
    """Draw a row of `blanks` + 20 words and tags: ten symbols, blanks less one, and eleven calls; blanks are told until
    the last ten steps, and there the symbols."""
    symbols = [SYMBOLS[one] for one in rng.integers(0, len(SYMBOLS), ITEMS)]
    words = [*symbols, *[BLANK] * (blanks - 1), *[CALL] * (ITEMS + 1)]
    return " ".join(words), " ".join([*[BLANK] * (blanks + ITEMS), *symbols])


def _parts(rows: int) -> list[tuple[str, int]]:
    more = max(LEAST, rows // SHARE)
    return [("train", rows), ("valid", more), ("test", more)]


def _length(given: int, least: int, why: str) -> int:
    if not least <= given <= LONGEST:
        raise InputError(f"--length {given}: at least {least} ({why}), and at most {LONGEST:,}.")
    return given


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
