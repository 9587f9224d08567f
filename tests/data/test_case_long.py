"""Series in long tables: rows put together by id and in order by time, with a label each or one a step."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.data.case_long import Long, long_columns, read_long
from seqloom.data.cases import Cases
from seqloom.data.rows import OnBadRow, read
from seqloom.errors import InputError

TEXT = "who,when,x,y,label\nb,2,3,,up\na,10,1,5,down\nb,1,4,6,up\na,9,2,?,down\n"


def cases(folder: Path, text: str = TEXT, bad: OnBadRow = "error", **columns: Any) -> Cases:
    file = folder / "long.csv"
    file.write_text(text, encoding="utf-8")
    rows = read(file, header=True)
    given = {"id": "who", "time": "when", "values": (), "label": "label", **columns}
    return read_long(rows, long_columns(rows, Long(**given)), bad)


def test_rows_are_gathered_by_id_and_ordered_by_time(tmp_path: Path) -> None:
    found = cases(tmp_path)
    assert [(case.name, case.labels, case.line) for case in found] == [("b", ("up",), 2), ("a", ("down",), 3)]
    assert found.channels == ["x", "y"]
    assert np.array_equal(found[0].values, [[4, 6], [3, np.nan]], equal_nan=True)
    assert np.array_equal(found[1].values, [[2, np.nan], [1, 5]], equal_nan=True)


def test_without_times_the_file_gives_the_order_and_values_may_be_named(tmp_path: Path) -> None:
    found = cases(tmp_path, time=None, values=("x",))
    assert found[0].values.tolist() == [[3], [4]] and found[1].values.tolist() == [[1], [2]]
    alone = cases(tmp_path, id=None, label=None, values=("x",))
    assert len(alone) == 1 and alone[0].values.ravel().tolist() == [4, 3, 2, 1] and alone[0].labels == ()


def test_a_label_for_each_step_goes_along_with_its_step(tmp_path: Path) -> None:
    found = cases(tmp_path, "who,when,x,label\na,2,5,run\na,1,4,walk\na,3,?,rest\n", each=True)
    assert found[0].labels == ("walk", "run", "rest") and len(found[0].values) == 3, "a step with a label stays"


def test_dates_are_times(tmp_path: Path) -> None:
    text = "who,when,x,label\na,2024-03-01T12:00+09:00,3,l\na,2024-02-29,1,l\na,2024-03-01 02:30Z,2,l\n"
    assert cases(tmp_path, text)[0].values.ravel().tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("who,when,x,label\na,1,5,l\na,2,x,l\n", "long.csv:3: 'x' is no number"),
        ("who,when,x,label\na,1,5,l\na,soon,6,l\n", "long.csv:3: 'soon' is neither a number nor a date"),
        ("who,when,x,label\na,1,5,l\na,,6,l\n", "long.csv:3: a step without a time"),
        (
            "who,when,x,label\na,1,5,l\nb,1,5,l\na,1,6,l\n",
            "long.csv:4: the time of series 'a' occurs before, in line 2",
        ),
        ("who,when,x,label\na,1,5,l\na,2,6,m\n", "long.csv:3: label 'm' of series 'a', which is 'l' in line 2"),
        ("who,when,x,label\na,1,,l\na,2,,l\n", "long.csv:2: a series without any value"),
        ("who,when,x,label\na,1,x,l\n", "no column of numbers beside label, when, who"),
    ],
)
def test_what_cannot_be_read_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cases(tmp_path, text)


def test_bad_steps_and_series_are_skipped_and_counted(tmp_path: Path) -> None:
    text = "who,when,x,label\na,1,5,l\na,2,x,l\nb,1,1,l\nb,1,2,l\n"
    found = cases(tmp_path, text, bad="skip")
    assert [case.name for case in found] == ["a"] and found.skipped == 2
