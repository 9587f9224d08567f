"""Series in tables, one a row: as columns, and as cells that hold lists."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.case_table import columns_of_series, holds_steps, read_table
from seqloom.data.cases import Cases
from seqloom.data.rows import OnBadRow, read
from seqloom.errors import InputError


def cases(folder: Path, text: str, name: str = "s.csv", asked: tuple[str, ...] = (), bad: OnBadRow = "error") -> Cases:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    rows = read(file, wanted=["label"])
    columns = columns_of_series(rows, asked, "label")
    return read_table(rows, columns, "label", bad, as_steps=holds_steps(rows, columns))


def test_columns_of_one_number_are_steps(tmp_path: Path) -> None:
    found = cases(tmp_path, "label,a,b,c\nup,1,2,3\ndown,4,,?\n")
    assert found.channels == ["1"] and [case.labels for case in found] == [("up",), ("down",)]
    assert found[0].values.tolist() == [[1], [2], [3]] and found[1].values.tolist() == [[4]]
    assert "1 of 2 series end in missing values" in found.notes[0] and found[1].line == 3


def test_the_columns_asked_for_are_the_steps_in_their_order(tmp_path: Path) -> None:
    found = cases(tmp_path, "label,a,who,b\nup,1,Kim,2\n", asked=("b", "a"))
    assert found[0].values.tolist() == [[2], [1]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.csv", 'label,x,y\nup,"1,2,3","4, 5,NaN"\ndown,7,8\n'),
        ("s.tsv", "label\tx\ty\nup\t1 2 3\t4 5 ?\ndown\t7\t8\n"),
        (
            "s.jsonl",
            '{"label": "up", "x": [1, 2, 3], "y": [4, 5.0, null]}\n{"label": "down", "x": 7, "y": [8]}\n',
        ),
    ],
)
def test_cells_of_several_numbers_are_channels(tmp_path: Path, name: str, text: str) -> None:
    found = cases(tmp_path, text, name)
    assert found.channels == ["x", "y"]
    assert np.array_equal(found[0].values, [[1, 4], [2, 5], [3, np.nan]], equal_nan=True)
    assert found[1].values.tolist() == [[7, 8]]


def test_one_cell_may_hold_the_series(tmp_path: Path) -> None:
    found = cases(tmp_path, "label\tseries\nup\t1,2\ndown\t3\n", "s.tsv")
    assert found.channels == ["series"] and [case.values.ravel().tolist() for case in found] == [[1, 2], [3]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("s.csv", "label,a,b\nup,1,2\nup,Kim,2\n", r"s.csv:3: column 'a': 'Kim' is no number. Fix the row, or name"),
        ("s.csv", "label,a,b\nup,1,inf\n", "s.csv:2: column 'b': inf is not finite"),
        ("s.tsv", "label\tx\ty\nup\t1 2\t3\n", r"s.tsv:2: channels of different lengths \(2 in 'x', 1 in 'y'\)"),
        ("s.tsv", "label\tx\nup\t\n", "s.tsv:2: a series without any value"),
        ("s.tsv", "label\tx\nup\t[1, 2\n", r"s.tsv:2: column 'x': '\[1, 2' is no JSON list"),
        ("s.tsv", "label\tx\nup\t[[1], [2]]\n", "s.tsv:2: column 'x': a list within a list. Give each channel"),
        ("s.tsv", "label\tx\nup\t[1, true]\n", "s.tsv:2: column 'x': 'true' is no number"),
        ("s.jsonl", '{"label": "a", "x": [1]}\n{"label": "b"}\n', "s.jsonl:2: no value for 'x'"),
    ],
)
def test_what_is_no_series_names_its_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cases(tmp_path, text, name)


def test_bad_rows_are_skipped_and_columns_are_checked(tmp_path: Path) -> None:
    found = cases(tmp_path, "label,a,b\nup,1,2\nup,Kim,2\n", bad="skip")
    assert len(found) == 1 and found.skipped == 1 and "1 bad row skipped, the first:" in found.notes[0]
    with pytest.raises(InputError, match="column 'label' is both series and label"):
        cases(tmp_path, "label,a\nup,1\n", asked=("label",))
    with pytest.raises(InputError, match="it has one column, 'label', and that is the label"):
        cases(tmp_path, "label\nup\n")
