"""The plan of a comparison: what each run is trained with, and what is the same for all."""

from pathlib import Path

import pytest

from seqloom.comparing import grid as plans
from seqloom.comparing.budget import Budget
from seqloom.comparing.grid import Grid, named, parted, rates, slug
from seqloom.errors import CheckpointError, InputError


def grid(**more: object) -> Grid:
    values = {
        "task": "classify",
        "data": "리뷰.tsv",
        "archs": ["gru", "lstm+encoder.layers=2"],
        "seeds": [7, 8],
        "steps": 50,
    }
    return Grid.model_validate(values | more)


def test_runs_differ_in_what_they_are_and_in_nothing_else() -> None:
    one = grid(settings=["fit.batch_tokens=64"]).plan_words("gru", Budget(steps=50), 7, 0.01)
    other = grid(settings=["fit.batch_tokens=64"]).plan_words("lstm+encoder.layers=2", Budget(steps=50), 8, 0.01)
    assert one["arch"] == "gru" and other["arch"] == "lstm"
    own = {"fit.seed=7", "fit.seed=8", "encoder.layers=2"}
    assert set(one["settings"]) ^ set(other["settings"]) == own
    for setting in ("data.split=7", "fit.patience=null", "fit.steps=50", "fit.lr=0.01", "fit.batch_tokens=64"):
        assert setting in one["settings"]


def test_what_a_person_sets_stands_over_what_is_usual() -> None:
    words = grid(settings=["data.split=3"]).plan_words("gru", Budget(steps=50), 7, None)
    assert "data.split=3" in words["settings"] and "data.split=7" not in words["settings"]
    assert not any(one.startswith("fit.lr") for one in words["settings"])


def test_widths_found_are_those_of_their_architecture() -> None:
    sized = grid(sized={"gru": ["encoder.size=40"]})
    assert "encoder.size=40" in sized.plan_words("gru", sized.budget, 7, None)["settings"]
    assert "encoder.size=40" not in sized.plan_words("lstm+encoder.layers=2", sized.budget, 7, None)["settings"]


def test_a_rate_that_is_set_is_not_searched_for() -> None:
    assert grid().tunes("gru")
    assert not grid(tune=0).tunes("gru")
    assert not grid(settings=["fit.lr=0.1"]).tunes("gru")
    assert not grid().tunes("gru+fit.lr=0.1") and grid().tunes("gru+encoder.size=8")


def test_rates_lie_around_the_default() -> None:
    assert rates(0.003, 1) == [0.003]
    assert rates(0.003, 3) == [0.001, 0.003, 0.009]
    assert rates(0.003, 4) == [0.000333333, 0.001, 0.003, 0.009]
    assert rates(0.003, 0) == []


def test_entries_are_named_apart() -> None:
    assert named(None) == ["rnn", "gru", "lstm", "transformer"]
    assert named("gru, lstm") == named(["gru", "lstm"]) == ["gru", "lstm"]
    assert parted("gru+encoder.layers=2+fit.lr=0.1") == ("gru", ["encoder.layers=2", "fit.lr=0.1"])
    names = [slug(one) for one in ("gru", "gru+a=x/y", "gru+a=x:y", "gru+a=x_y")]
    assert len(set(names)) == 4 and not any("/" in one for one in names)
    with pytest.raises(InputError, match="gru comes twice"):
        named("gru,lstm,gru")
    with pytest.raises(InputError, match="key=value"):
        named("gru+deep")
    with pytest.raises(InputError, match="commas between"):
        named(" , ")


def test_a_plan_is_read_back(tmp_path: Path) -> None:
    whole = grid(valid=0.2, match="params=10k", sized={"gru": ["encoder.size=9"]}, columns={"text": "본문"})
    (tmp_path / plans.FILE).write_text(plans.write(whole), encoding="utf-8")
    assert plans.read(tmp_path) == whole
    assert "리뷰.tsv" in plans.write(whole)
    with pytest.raises(CheckpointError, match="is no comparison"):
        plans.read(tmp_path / "none")
    (tmp_path / plans.FILE).write_text("archs: 3\n", encoding="utf-8")
    with pytest.raises(CheckpointError, match="damaged"):
        plans.read(tmp_path)
