"""Rows some at a time: what a model answers at once."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from seqloom.errors import InputError

CHUNK = 256
"""Rows answered at once."""
Row = str | Sequence[str]


def chunks(rows: Iterable[Row], width: int) -> Iterator[list[list[str]]]:
    """Yield rows of `width` texts, some at a time. Raises InputError for a row of another width."""
    rest = ([row] if isinstance(row, str) else list(row) for row in rows)
    while chunk := list(islice(rest, CHUNK)):
        for row in chunk:
            if len(row) != width:
                raise InputError(f"a row of {len(row)} text(s); this model was trained on {width} a row.")
        yield chunk
