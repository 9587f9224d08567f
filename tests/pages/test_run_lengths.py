"""Quality by length on rows made by hand: bins, the band, and whether a difference is shown."""

import numpy as np

from seqloom.pages.run_lengths import lengths_part
from seqloom.pages.run_look import Look, Row
from seqloom.report.figures import Lines


def look(lengths: list[int], rights: list[float]) -> Look:
    rows = [
        Row(at, length, 0.0, 1.0, right, 1.0) for at, (length, right) in enumerate(zip(lengths, rights, strict=True))
    ]
    return Look(len(rows), "label", rows, "share right")


def test_long_rows_that_are_told_worse_are_shown_to_be() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 101, 400).tolist()
    rights = [float(rng.random() < (0.95 if length < 50 else 0.4)) for length in lengths]
    part = lengths_part(look(lengths, rights))
    assert part is not None
    (figure,) = part.figures
    assert isinstance(figure, Lines)
    line = figure.lines[0]
    assert line.low is not None and line.high is not None
    assert len(line.x) == 8 and (np.diff(line.x) > 0).all() and line.y[0] > 0.85 and line.y[-1] < 0.6
    assert (line.low <= line.y).all() and (line.y <= line.high).all()
    (note,) = part.notes
    assert "a difference is shown" in note and " by -0." in note


def test_rows_that_are_told_alike_show_none() -> None:
    lengths = list(range(1, 101))
    part = lengths_part(look(lengths, [float(at % 2) for at in lengths]))
    assert part is not None and "no difference is shown" in part.notes[0]


def test_one_length_few_rows_and_rows_of_nothing_have_no_part() -> None:
    assert lengths_part(look([5] * 50, [1.0] * 50)) is None
    assert lengths_part(look([1, 2, 3], [1.0] * 3)) is None
    empty = look(list(range(50)), [1.0] * 50)
    empty.rows = [Row(row.number, row.length, 0.0, 0.0, 0.0, 0.0) for row in empty.rows]
    assert lengths_part(empty) is None
