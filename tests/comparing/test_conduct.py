"""Jobs are done once each, in an order that is fair to all, and what fails is a row."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from seqloom.comparing import conduct as conducting
from seqloom.comparing.conduct import Processes, chosen, conduct, trials
from seqloom.comparing.grid import Grid
from seqloom.comparing.job import Job, describe, do, failure, keep, record_of
from seqloom.errors import CheckpointError

GRID = Grid(task="classify", data="x.tsv", archs=["gru", "lstm"], seeds=[7, 8], steps=40, tune=3)
RATES = {"gru": 0.003, "lstm": 0.003}


class Told:
    """A runner that writes made records and remembers what it was asked for."""

    def __init__(self, fails: Callable[[Job], bool] = lambda job: False) -> None:
        self.asked: list[Job] = []
        self.fails = fails

    def __call__(self, folder: Path, jobs: Sequence[Job], done: Callable[[Job, dict[str, Any]], None]) -> None:
        for job in jobs:
            self.asked.append(job)
            assert job.rate is not None
            record: dict[str, Any] = {"status": "done", "error": None, "lr": job.rate, "metric": "loss", "steps": 40}
            record |= {"value": abs(job.rate - (0.001 if job.arch == "gru" else 0.009)), "seconds": 1.0}
            record |= {"quality": 0.5, "measure": "accuracy"}
            keep(folder, job, failure("out of luck") if self.fails(job) else record)
            kept = record_of(folder, job)
            assert kept is not None
            done(job, kept)


def test_rates_are_searched_first_and_seeds_go_round(tmp_path: Path) -> None:
    runner, said = Told(), list[str]()
    records = conduct(tmp_path, GRID, runner, default=RATES, say=said.append)
    tried, cells = runner.asked[:6], runner.asked[6:]
    assert all(job.tried and job.seed == 6 for job in tried)  # a seed that is none of the comparison's
    assert [(job.arch, job.seed, job.rate) for job in cells] == [
        ("gru", 7, 0.001),
        ("lstm", 7, 0.009),
        ("gru", 8, 0.001),
        ("lstm", 8, 0.009),
    ]
    assert list(records) == cells
    assert "gru: of the learning rates tried, 0.001 at the end is the best; more --tune looks farther." in said
    assert "gru, seed 7: accuracy 0.5 after 40 updates in 1 s (1 of 4)" in said


def test_rates_are_tried_with_a_seed_that_can_be() -> None:
    found = trials(GRID.model_copy(update={"seeds": [0, 1]}), "gru", 0.003)
    assert {job.seed for job in found} == {2}


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    conduct(tmp_path, GRID, Told(), default=RATES, say=lambda note: None)
    (tmp_path / "cells" / "gru-seed-8.json").unlink()
    runner, said = Told(), list[str]()
    records = conduct(tmp_path, GRID, runner, default=RATES, say=said.append)
    assert [(job.arch, job.seed) for job in runner.asked] == [("gru", 8)]
    assert len(records) == 4 and "3 of 4 runs are there already" in said


def test_failures_are_rows_until_they_are_tried_again(tmp_path: Path) -> None:
    fails = Told(lambda job: job.arch == "lstm" and not job.tried)
    records = conduct(tmp_path, GRID, fails, default=RATES, say=lambda note: None)
    assert [one["status"] for one in records.values()] == ["done", "failed", "done", "failed"]
    again, said = Told(), list[str]()
    conduct(tmp_path, GRID, again, default=RATES, say=lambda note: None)
    assert again.asked == []
    records = conduct(tmp_path, GRID, again, default=RATES, retry=True, say=said.append)
    assert [job.arch for job in again.asked] == ["lstm", "lstm"]
    assert "lstm, seed 8: accuracy 0.5 after 40 updates in 1 s (4 of 4)" in said and said[-2].endswith("(3 of 4)")
    assert {one["status"] for one in records.values()} == {"done"}


def test_where_every_rate_fails_the_default_is_taken(tmp_path: Path) -> None:
    runner = Told(lambda job: job.tried and job.arch == "gru")
    conduct(tmp_path, GRID, runner, default=RATES, say=lambda note: None)
    assert {job.rate for job in runner.asked if not job.tried and job.arch == "gru"} == {0.003}


def test_more_is_better_where_it_is() -> None:
    jobs = trials(GRID, "gru", 0.003)
    values = dict(zip(jobs, (0.2, 0.9, 0.4), strict=True))
    for metric, best in (("accuracy", jobs[1]), ("loss", jobs[0])):
        tried = {
            job: {"status": "done", "value": value, "lr": job.rate, "metric": metric} for job, value in values.items()
        }
        assert chosen("gru", tried, 1.0) == best.rate


def test_a_record_of_another_job_counts_for_nothing(tmp_path: Path) -> None:
    job = Job("gru", 7, 0.001)
    describe(tmp_path, job, 1)
    (tmp_path / job.name).mkdir()
    keep(tmp_path, job, failure("x"))
    other = Job("gru", 7, 0.009)
    assert other.name == job.name and record_of(tmp_path, other) is None
    describe(tmp_path, other, 1)
    assert not (tmp_path / job.name).exists() and record_of(tmp_path, job) is None
    (tmp_path / f"{job.name}.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError, match="damaged"):
        record_of(tmp_path, job)


def test_a_process_that_leaves_no_record_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conducting.sys, "executable", "/bin/false")
    found: dict[Job, dict[str, Any]] = {}
    Processes(2, 1)(tmp_path, [Job("gru", 7, None), Job("gru", 8, None)], found.__setitem__)
    assert [one["status"] for one in found.values()] == ["failed", "failed"]
    assert "ended with code 1" in found[Job("gru", 7, None)]["error"]
    assert json.loads((tmp_path / "cells" / "gru-seed-7.json").read_text())["status"] == "failed"


def test_whatever_goes_wrong_in_a_job_is_kept(tmp_path: Path) -> None:
    record = do(tmp_path, Job("gru", 7, None))  # there is no plan
    assert record["status"] == "failed" and "is no comparison" in record["error"]
    assert record_of(tmp_path, Job("gru", 7, None)) is not None


@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"job": {}}', "{"])
def test_a_record_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    job = Job("gru", 7, 0.1)
    keep(tmp_path, job, failure("first"))
    (tmp_path / "cells" / "gru-seed-7.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"gru-seed-7\.json is damaged: remove it"):
        record_of(tmp_path, job)
