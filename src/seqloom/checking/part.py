"""Part: some rows of the data, to train, validate or test on, as texts that can be read again as often as needed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seqloom.checking.near import RUN

BETWEEN = "\x1f"
"""Stands between the texts of a row that has several."""
Told = Literal["label", "labels", "tags", "number", "text", "nothing"]
"""What is told of a row: one label of some, any of some, one for each step, a number, a text; or nothing."""


@dataclass(frozen=True)
class Part:
    """Rows of one part of the data; nothing of them is held.

    name     "train", "valid" or "test"
    path     what they come from, for messages
    rows     how many there are
    read     yields what is read of each row, as text (a hash where it is numbers, pictures or sound), and what is told
             of it, in pieces: labels, tags, or one text
    text     what is read of one row
    kind     what is told
    where    the place of a row for messages, such as "reviews.tsv:12"
    columns  the columns by which rows can be grouped
    column   yields the cells of one of them
    written  what is read is letters
    run      letters that `near` compares at once; 0: near rows are not looked for
    what     what a row is called
    """

    name: str
    path: str
    rows: int
    read: Callable[[], Iterator[tuple[str, Sequence[str]]]]
    text: Callable[[int], str]
    kind: Told
    where: Callable[[int], str]
    columns: Sequence[str] = ()
    column: Callable[[str], Iterator[str]] = lambda name: iter(())
    written: bool = True
    run: int = RUN
    what: str = "rows"
