"""Tables: columns of CSV and of Parquet read alike, and numbers that are none are said with their line."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.series_table import holds_numbers, number, numbers, open_table
from seqloom.errors import InputError, ResourceError


def table(tmp_path: Path, text: str, name: str = "a.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return open_table(str(tmp_path / name), header=None if name.endswith("txt") else True)


def test_numbers_are_read_and_what_says_none_is_nan(tmp_path: Path) -> None:
    found = table(tmp_path, "date,값\n2024-01-01,1.5\n2024-01-02,-2e3\n2024-01-03,\n2024-01-04,NA\n2024-01-05,NaN\n")
    assert found.columns == ["date", "값"]
    values = numbers(found, "값")
    assert values[:2].tolist() == [1.5, -2000] and np.isnan(values[2:]).all()


@pytest.mark.parametrize(
    ("cell", "said"),
    [("about 3", "'about 3' is no number"), ("inf", "inf is not finite"), ("-Infinity", "not finite"),
     ("1e999", "not finite"), ("1_000", "'1_000' is no number"), ('"1,234"', "Write it without commas: 1234"),
     ("3 kg", "is no number"), ("0x10", "is no number")],
)  # fmt: skip
def test_what_is_no_number_is_said_with_its_line(tmp_path: Path, cell: str, said: str) -> None:
    found = table(tmp_path, f"date,x\n2024-01-01,1\n2024-01-02,{cell}\n")
    with pytest.raises(InputError) as caught:
        numbers(found, "x")
    assert f"{tmp_path}/a.csv:3: column 'x'" in str(caught.value) and said in str(caught.value)


def test_text_of_numbers_in_a_plain_file_is_known_for_a_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="looks like csv: --format csv"):
        table(tmp_path, "1,2\n3,4\n", "a.txt")


def test_number_columns_are_told_from_text() -> None:
    assert holds_numbers(["1", "", "2.5", "x"]) and not holds_numbers(["a", "1"]) and not holds_numbers(["", "NA"])
    assert math.isnan(number(" null ")) and number(" 7 ") == 7


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    stamps = np.array(["2024-01-01T00:00", "2024-01-01T01:00"], "M8[us]")
    columns = {"when": stamps, "값": [1.5, None], "count": [1, 2], "which": arrow.array(["가"] * 2).dictionary_encode()}
    parquet.write_table(arrow.table(columns), tmp_path / "a.parquet")
    found = open_table(str(tmp_path / "a.parquet"))
    assert found.columns == ["when", "값", "count", "which"] and len(found) == 2
    assert found.text("when") == ["2024-01-01 00:00:00", "2024-01-01 01:00:00"] and found.text("which") == ["가", "가"]
    values = numbers(found, "값")
    assert values[0] == 1.5 and math.isnan(values[1]) and found.where(1) == f"{tmp_path}/a.parquet: row 2"
    parquet.write_table(arrow.table({"x": arrow.array([], arrow.float64())}), tmp_path / "none.parquet")
    with pytest.raises(InputError, match="and no rows"):
        open_table(str(tmp_path / "none.parquet"))


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "a.parquet").write_text("x,y\n")
    with pytest.raises(InputError, match="not a Parquet file"):
        open_table(str(tmp_path / "a.parquet"))
    with pytest.raises(InputError, match="no such file"):
        open_table(str(tmp_path / "b.parquet"))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[parquet\]'"):
        open_table(str(tmp_path / "a.parquet"))
