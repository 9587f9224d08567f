"""Which columns are the time, the name, the values: found in files as they come, or named."""

from pathlib import Path

import pytest

from seqloom.data.series_columns import Chosen, Columns, choose, times
from seqloom.data.series_table import open_table
from seqloom.errors import InputError


def chosen(tmp_path: Path, text: str, header: bool | None = True, **asked) -> Chosen:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    return choose(open_table(str(tmp_path / "a.csv"), header=header), Columns(**asked))


def test_a_wide_file_is_read_as_it_stands(tmp_path: Path) -> None:
    found = chosen(tmp_path, "date,a,b,note\n2024-01-01,1,2,x\n2024-01-02,3,4,y\n")
    assert (found.time, found.id, found.values) == (["date"], None, ["a", "b"])
    assert any("'note' holds text and is left out" in note for note in found.notes)


def test_dates_are_found_under_any_name(tmp_path: Path) -> None:
    found = chosen(tmp_path, "gemessen,a\n2024-01-01,1\n2024-01-02,3\n")
    assert found.time == ["gemessen"] and "holds dates" in found.notes[0]
    assert chosen(tmp_path, "일자,판매량\n2024-01-01,1\n2024-01-02,2\n").time == ["일자"]


def test_a_long_file_is_told_by_the_text_beside_its_dates(tmp_path: Path) -> None:
    found = chosen(tmp_path, "symbol,date,price\nA,2024-01-01,1\nA,2024-01-02,2\nB,2024-01-01,3\nB,2024-01-02,4\n")
    assert (found.id, found.values) == ("symbol", ["price"]) and "names 2 series" in found.notes[0]
    assert chosen(tmp_path, "도시,date,x\n서울,2024-01-01,1\n부산,2024-01-01,3\n").id == "도시"


def test_rows_without_dates_are_steps_and_a_counter_is_no_value(tmp_path: Path) -> None:
    found = chosen(tmp_path, "1,2\n3,4\n", header=False)
    assert found.time == [] and found.values == ["1", "2"] and "each row is a step" in found.notes[0]
    assert chosen(tmp_path, "No,x\n1,5\n2,6\n").time == ["No"]
    assert chosen(tmp_path, "t,x\n0,5\n1,6\n").values == ["x"]
    assert chosen(tmp_path, "t,x\n5,5\n3,6\n").values == ["t", "x"]  # counts nothing
    found = chosen(tmp_path, "No,date,x\n1,2024-01-01,5\n2,2024-01-02,6\n")
    assert found.values == ["x"] and any("numbers the rows" in note for note in found.notes)


def test_parts_of_a_time_are_joined(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("year,month,day,hour,x\n2024,1,31,0,5\n2024,1,31,13,6\n")
    table = open_table(str(tmp_path / "a.csv"), header=True)
    found = choose(table, Columns())
    assert found.time == ["year", "month", "day", "hour"] and found.values == ["x"]
    assert times(table, found.time) == ["2024-01-31 00:00", "2024-01-31 13:00"]
    assert choose(table, Columns(time="year,month,day,hour")).time == found.time


def test_columns_that_are_named_are_taken(tmp_path: Path) -> None:
    text = "date,a,b,c,d\n2024-01-01,1,2,3,4\n2024-01-02,1,2,3,4\n"
    found = chosen(tmp_path, text, time="DATE", values=["b"], past=["c"], known=["d"])
    assert (found.time, found.values, found.past, found.known) == (["date"], ["b"], ["c"], ["d"])
    found = chosen(tmp_path, text, past=["c"])
    assert found.values == ["a", "b", "d"], "what is a covariate is not told"


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"values": ["aa"]}, "has no column 'aa'; did you mean 'a'"), ({"time": "when"}, "has no column 'when'"),
     ({"values": ["a"], "past": ["a"]}, "column 'a' is asked for twice"), ({"id": "x"}, "has no column 'x'")],
)  # fmt: skip
def test_what_cannot_be_chosen_is_said(tmp_path: Path, asked: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        chosen(tmp_path, "date,a\n2024-01-01,1\n2024-01-02,1\n", **asked)


def test_a_file_without_numbers_has_nothing_to_forecast(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column of numbers to forecast"):
        chosen(tmp_path, "date,a\n2024-01-01,x\n2024-01-02,y\n")
