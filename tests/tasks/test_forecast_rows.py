"""Rows of forecasts: what is settled, split and scaled, series by series."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import InputError
from seqloom.spec import Spec
from seqloom.tasks.forecast_rows import check_columns, section, settled

from .series_files import learnt, monthly, months, waves, write


def test_a_spec_without_a_series_section_is_refused() -> None:
    with pytest.raises(InputError, match="forecast needs a series section"):
        section(Spec(task="forecast"))
    with pytest.raises(ValueError, match="are settled when a task is learnt"):
        settled(Spec(task="forecast", series={"horizon": 3}))  # type: ignore[arg-type]


def test_each_series_has_its_own_parts_and_scale(tmp_path: Path) -> None:
    rows = [(name, month, value) for name, count, level in (("a", 80, 1), ("b", 50, 100))
            for month, value in zip(months(count), level * waves(count)[:, 0], strict=True)]  # fmt: skip
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("id", "month", "v"))}
    task, _ = learnt(write(tmp_path / "a.csv", columns), "data.valid=0.1", "data.test=0.2")
    assert task.laid is not None and task.laid.parts == [(56, 64, 80), (35, 40, 50)]
    assert task.scales["b"][0].center[0] > 50 * task.scales["a"][0].center[0]
    for place, one in enumerate(task.laid.filled):
        end = task.laid.parts[place].train
        keys = np.array([[place, end]])
        read = task.laid.windows.gather(keys).source[0, :, 0]
        assert np.allclose(read, task.laid.lanes[place].scale.apply(one.values[end - 12 : end])[:, 0], atol=1e-5)


def test_scales_of_other_columns_are_refused(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 60, 2))
    check_columns(task.spec, task.scales, "a.csv")
    task.spec.series.values = ["a"]  # type: ignore[union-attr]
    with pytest.raises(InputError, match="training had other columns"):
        check_columns(task.spec, task.scales, "a.csv")


def test_the_digest_is_of_the_training_part(tmp_path: Path) -> None:
    values = waves(60)
    digests = []
    for place in (None, 0, 59):
        changed = values.copy()
        if place is not None:
            changed[place] += 1
        path = write(tmp_path / "a.csv", {"month": months(60), "v": changed[:, 0].tolist()})
        digests.append(learnt(path)[0].rows_digest)
    assert digests[0] != digests[1] and digests[0] == digests[2]


def test_short_series_read_what_they_have(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 14))
    assert task.laid is not None and task.laid.parts == [(14 - 8, 14 - 4, 14)]
    keys = task.laid.origins("train")
    assert keys[:, 1].tolist() == [1, 2] and task.laid.windows.gather(keys).mask.sum(1).tolist() == [1, 2]


def test_a_series_that_training_did_not_know_is_scaled_by_itself(tmp_path: Path) -> None:
    columns = {"id": ["a"] * 60, "month": months(60), "v": waves(60)[:, 0].tolist()}
    task, _ = learnt(write(tmp_path / "a.csv", columns), "series.id=id")
    columns["id"], notes = ["other"] * 60, list[str]()
    ((_, past),) = task.rows_of(str(write(tmp_path / "b.csv", columns)), notes.append)
    assert any("'other', are scaled by themselves" in note for note in notes) and "other" in past.laid.scales
