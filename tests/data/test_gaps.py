"""Gaps: refused with their line, or filled without looking ahead."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.gaps import Filled, Gaps, fill
from seqloom.data.series import read
from seqloom.data.series_columns import Columns
from seqloom.errors import InputError

HOLED = ["1,1", "2,2", "4,5", "5,", "6,8", "7,9", "8,10"]  # the third is not there, the fifth is empty


def filled(
    tmp_path: Path, policy: Gaps, rows=HOLED, header: str = "date,x", **columns
) -> tuple[list[Filled], list[str]]:
    (tmp_path / "a.csv").write_text(header + "\n" + "".join(f"2024-01-0{row}\n" for row in rows))
    return fill(read(str(tmp_path / "a.csv"), Columns(**columns)), policy)


def test_a_gap_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        filled(tmp_path, "error")
    assert f"{tmp_path}/a.csv:3: after 2024-01-02 1 step is missing up to 2024-01-04" in str(caught.value)
    assert "1 steps are missing and 1 values empty" in str(caught.value) and "series.gaps=interpolate" in str(
        caught.value
    )
    with pytest.raises(InputError, match=r"a\.csv:4: 'x' has no number at 2024-01-03"):
        filled(tmp_path, "error", ["1,1", "2,2", "3,", "4,4"])


def test_whole_series_need_no_policy(tmp_path: Path) -> None:
    (one,), notes = filled(tmp_path, "error", ["1,1", "2,2", "3,3"])
    assert one.values[:, 0].tolist() == [1, 2, 3] and one.starts.tolist() == [False, True, True, True] and not notes


def test_the_value_before_is_carried_on(tmp_path: Path) -> None:
    (one,), notes = filled(tmp_path, "previous")
    assert one.values[:, 0].tolist() == [1, 2, 2, 5, 5, 8, 9, 10] and one.starts[1:].all()
    assert np.isnan(one.series.truth[[2, 4], 0]).all(), "what was filled in is never a target"
    assert "2 values are missing and filled by the value before" in notes[0]


def test_no_forecast_starts_where_a_line_knows_what_comes(tmp_path: Path) -> None:
    (one,), _ = filled(tmp_path, "interpolate")
    assert one.values[:, 0].tolist() == [1, 2, 3.5, 5, 6.5, 8, 9, 10]
    assert one.starts.tolist() == [False, True, True, False, True, False, True, True, True]


def test_a_line_is_the_same_whatever_comes_after_its_end(tmp_path: Path) -> None:
    (one,), _ = filled(tmp_path, "interpolate")
    (other,), _ = filled(tmp_path, "interpolate", [*HOLED[:4], "6,-50", *HOLED[5:]])
    for origin in np.flatnonzero(one.starts):
        if origin <= 5:  # what changed is the sixth step
            assert (one.values[:origin] == other.values[:origin]).all(), origin


def test_what_is_missing_may_stay_missing(tmp_path: Path) -> None:
    (one,), notes = filled(tmp_path, "missing")
    assert np.isnan(one.values[[2, 4], 0]).all() and one.starts[1:].all() and "read as missing" in notes[0]


def test_a_series_begins_where_all_its_columns_have_begun(tmp_path: Path) -> None:
    (one,), notes = filled(tmp_path, "previous", ["1,1,", "2,2,", "3,3,7", "4,,8"], "date,x,y")
    assert one.values.tolist() == [[3, 7], [3, 8]] and "2 steps at the start are left out" in notes[1]
    assert one.series.stamps[0] == np.datetime64("2024-01-03", "us").astype(np.int64)


def test_covariates_of_the_past_are_carried_on(tmp_path: Path) -> None:
    (one,), _ = filled(tmp_path, "interpolate", ["1,1,4", "2,2,", "3,3,6"], "date,x,y", past=["y"])
    assert one.past[:, 0].tolist() == [4, 4, 6], "a line would know what comes"


def test_what_is_known_of_the_future_must_be_there(tmp_path: Path) -> None:
    rows = ["1,1,4", "2,2,", "3,3,6", "4,,7"]
    for policy in ("error", "missing"):
        with pytest.raises(InputError, match=r"a\.csv:3: 'y' is missing, and a column of series.known must be there"):
            filled(tmp_path, policy, rows, "date,x,y", known=["y"])
    (one,), _ = filled(tmp_path, "interpolate", rows, "date,x,y", known=["y"])
    assert one.known[:, 0].tolist() == [4, 5, 6, 7]
