"""Answers: dated as the file is, in its units, with what came before for a picture."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import InputError

from .series_files import monthly, months, trained, waves, write


def test_an_answer_is_dated_and_in_units_of_the_file(tmp_path: Path) -> None:
    run = trained(
        monthly(tmp_path / "a.csv", 60, 2), tmp_path / "run", "heads.forecast=student", "fit.lr=0.01", steps=20
    )
    (found,) = run.predict([str(tmp_path / "a.csv")], levels=[80, 95], samples=3)
    assert found.columns == ["a", "b"] and found.times == months(4, "2006-01") and found.dated
    assert found.paths.shape == (4, 2, 3) and (found.low[95] <= found.low[80]).all()
    level = waves(60, 2).mean(0)
    assert (np.abs(found.point.mean(0) - level) < 0.7 * level).all()
    stamps, before = found.before
    assert np.array_equal(before, waves(60, 2)[-24:]) and stamps[-1] < found.stamps[0] and len(stamps) == 24


def test_rows_are_files_or_series_of_them(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 60)
    run = trained(path, tmp_path / "run")
    notes: list[str] = []
    (by_file,) = run.predict([str(path)], horizon=6)
    ((values, by_row),) = run.predict_file(str(path), horizon=6, say=notes.append)
    assert np.array_equal(by_file.point, by_row.point) and values == {"series": ""}
    assert any("6 steps are more than the 4 that this run was trained to tell" in note for note in notes)


def test_dates_that_are_no_steps_have_no_dates_ahead(tmp_path: Path) -> None:
    dates = [f"2024-{1 + day // 20:02}-{1 + day % 20:02}" for day in range(60)]
    path = write(tmp_path / "a.csv", {"date": dates, "v": waves(60)[:, 0].tolist()})
    run = trained(path, tmp_path / "run", "series.frequency=row")
    (found,) = run.predict([str(path)])
    assert found.times == ["+1", "+2", "+3", "+4"] and not found.dated
    assert run.spec.series is not None and run.spec.series.calendar == "none"


def test_other_ways_to_ask_are_refused(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 60)
    run = trained(path, tmp_path / "run")
    with pytest.raises(InputError, match="forecasts have no ensemble"):
        list(run.predict([str(path)], beside=[run]))
    with pytest.raises(InputError, match=r"has no column 'a'"):
        list(run.predict([str(write(tmp_path / "b.csv", {"month": months(30), "x": [1] * 30}))]))
