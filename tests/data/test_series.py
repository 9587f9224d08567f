"""Series: files to regular grids, with every oddity refused or treated as was said."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.series import SeriesSet, read
from seqloom.data.series_columns import Columns
from seqloom.errors import InputError


def series(tmp_path: Path, text: str, columns: Columns | None = None, **options) -> SeriesSet:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    return read(str(tmp_path / "a.csv"), columns or Columns(), **options)


def daily(*rows: str, header: str = "date,x") -> str:
    return header + "\n" + "".join(f"{row}\n" for row in rows)


def test_rows_out_of_order_are_sorted_and_said(tmp_path: Path) -> None:
    found = series(tmp_path, daily("2024-01-03,3", "2024-01-01,1", "2024-01-02,2"))
    assert found.series[0].truth[:, 0].tolist() == [1, 2, 3] and found.where(found.series[0], 2).endswith("a.csv:2")
    assert any("not in the order of time; they are sorted" in note for note in found.notes)
    found = series(tmp_path, daily("2024-01-01,1", "2024-01-02,2", "2024-01-03,3"))
    assert not any("sorted" in note for note in found.notes)


def test_a_missing_step_is_a_row_of_its_own(tmp_path: Path) -> None:
    found = series(tmp_path, daily("2024-01-01,1", "2024-01-02,2", "2024-01-04,4", "2024-01-05,5"))
    one = found.series[0]
    assert np.isnan(one.truth[2, 0]) and one.rows.tolist() == [0, 1, -1, 2, 3]
    assert found.when(one, 2) == "2024-01-03" and found.where(one, 2).endswith("a.csv:3")


REPEATED = daily("2024-01-01,1", "2024-01-02,2", "2024-01-02,6", "2024-01-03,3")


def test_a_time_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        series(tmp_path, REPEATED)
    said = str(caught.value)
    assert f"{tmp_path}/a.csv:4: 2024-01-02 is there twice (first {tmp_path}/a.csv:3; 1 such rows)" in said
    assert "series.repeats=mean" in said and "series.id=NAME" in said


@pytest.mark.parametrize(("repeats", "value"), [("mean", 4.0), ("first", 2.0), ("last", 6.0)])
def test_a_time_twice_is_settled_as_asked(tmp_path: Path, repeats, value: float) -> None:
    found = series(tmp_path, REPEATED, repeats=repeats)
    assert found.series[0].truth[:, 0].tolist() == [1, value, 3]
    assert any("1 rows repeat a time" in note for note in found.notes)


def test_the_mean_of_repeats_leaves_out_what_is_missing(tmp_path: Path) -> None:
    found = series(tmp_path, daily("2024-01-01,1", "2024-01-02,", "2024-01-02,6", "2024-01-03,3"), repeats="mean")
    assert found.series[0].truth[:, 0].tolist() == [1, 6, 3]


def test_several_series_keep_their_own_lengths(tmp_path: Path) -> None:
    text = "date,city,x\n" + "".join(f"2024-01-0{day},{city},{day}\n" for day in range(1, 8) for city in "ab")
    text += "2024-01-08,b,8\n"
    found = series(tmp_path, text)
    assert [(one.name, len(one)) for one in found.series] == [("a", 7), ("b", 8)]
    assert found.ahead(found.series[0], 1) == ["2024-01-08"] and found.ahead(found.series[1], 1) == ["2024-01-09"]
    with pytest.raises(InputError, match=r"a\.csv:9: column 'city' is empty: which series"):
        series(tmp_path, text.replace("2024-01-04,b", "2024-01-04,"), Columns(id="city"))


def test_series_without_times_are_counted_each_by_itself(tmp_path: Path) -> None:
    found = series(tmp_path, "id,x\na,1\nb,5\na,2\nb,6\n", Columns(id="id"))
    assert [one.stamps.tolist() for one in found.series] == [[1, 2], [1, 2]] and str(found.frequency) == "step"
    assert found.series[1].truth[:, 0].tolist() == [5, 6] and found.ahead(found.series[0], 2) == ["3", "4"]


def test_rows_as_they_come_have_no_dates_ahead(tmp_path: Path) -> None:
    text = daily("2024-01-01,1", "2024-01-02,2", "2024-01-09,9", "2024-02-04,4")
    with pytest.raises(InputError, match=r"a\.csv:3: 2024-01-02: the times are not regular.*frequency=row"):
        series(tmp_path, text)
    found = series(tmp_path, text, frequency="row")
    assert len(found.series[0]) == 4 and found.ahead(found.series[0], 2) == ["+1", "+2"]


def test_a_time_off_the_grid_is_said_with_its_line(tmp_path: Path) -> None:
    rows = [f"2024-01-01 0{hour}:00,1" for hour in range(6)]
    with pytest.raises(InputError, match=r"a\.csv:4: 2024-01-01 02:30: it is no whole number of steps.*hour"):
        series(tmp_path, daily(*rows[:2], "2024-01-01 02:30,1", *rows[3:]))
    with pytest.raises(InputError, match=r"plain numbers, which series\.frequency=day is not for"):
        series(tmp_path, "step,x\n1,2\n2,3\n3,4\n", Columns(time="step"), frequency="day")


def test_rows_after_the_last_value_are_the_future(tmp_path: Path) -> None:
    text = "date,x,price\n2024-01-01,1,5\n2024-01-02,2,6\n2024-01-03,,7\n2024-01-04,,8\n"
    found = series(tmp_path, text, Columns(known=["price"]))
    one = found.series[0]
    assert len(one) == 2 and one.future == 2 and one.known[:, 0].tolist() == [5, 6, 7, 8]
    assert found.ahead(one, 1) == ["2024-01-03"]
    found = series(tmp_path, text, Columns(values=["x"]))
    assert any("2 rows at the end have no value and are left out" in note for note in found.notes)


def test_reading_may_end_early(tmp_path: Path) -> None:
    text = daily("2024-01-01,1", "2024-01-02,2", "2024-01-03,3")
    assert len(series(tmp_path, text, until="2024-01-02").series[0]) == 2
    with pytest.raises(InputError, match=r"no row is left up to series\.until=2023-01-01"):
        series(tmp_path, text, until="2023-01-01")
    with pytest.raises(InputError, match=r"series\.until=soon is no time as .* such as 2024-01-01"):
        series(tmp_path, text, until="soon")


def test_what_is_no_time_is_said_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.csv:3: column 'date': .*2024-13-01.* Fix the row"):
        series(tmp_path, daily("2024-01-01,1", "2024-13-01,2", "2024-01-03,3"))


def test_a_file_without_any_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row has a number in x"):
        series(tmp_path, daily("2024-01-01,NA", "2024-01-02,", "2024-01-03,"), Columns(values=["x"]))
