"""What made runs come to: failures are told and count for nothing, costs are medians, and the command asks for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.comparing.comparison import command, gather, together
from seqloom.comparing.grid import Grid
from seqloom.comparing.job import Job, failure, keep, record_of
from seqloom.comparing.measure import Items
from seqloom.errors import CheckpointError

GRID = Grid(task="classify", data="x.tsv", archs=["gru", "bag"], seeds=[7, 8, 9], minutes=1.5, tune=0)


def record(seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "status": "done",
        "error": None,
        "lr": 0.001,
        "parameters": 100,
        "seconds": seconds,
        "steps": 40,
        "tokens": 900,
        "cost": {"latency_p50": seconds, "horizon_about": None},
        **more,
    }


def items(right: float, seed: int = 0, rows: int = 60) -> Items:
    told = (np.random.default_rng(seed).random(rows) < right).astype(np.float64)
    return Items("accuracy", np.stack([told, np.ones(rows)], -1), np.full(rows, -1, np.int64))


def made(folder: Path, rights: dict[str, list[float]], **more: Any) -> Any:
    """A comparison of runs whose shares are these; a share below 0 is that of a run that failed."""
    records = {}
    for arch, shares in rights.items():
        for seed, share in zip(GRID.seeds, shares, strict=True):
            job = Job(arch, seed, None)
            keep(folder, job, failure("out of luck") if share < 0 else record(10.0 ** (seed - 7)))
            kept = record_of(folder, job)
            assert kept is not None
            records[job] = kept
            if share >= 0:
                items(share, seed).save(folder / f"{job.name}.npz")
    return gather(folder, GRID.model_copy(update=more), records)


def test_a_run_that_failed_is_told_and_counts_for_nothing(tmp_path: Path) -> None:
    told = made(tmp_path, {"gru": [0.9, -1, 0.7], "bag": [-1, -1, -1]}).to_dict()
    gru, bag = told["archs"]
    assert (gru["seeds"], gru["failed"], gru["seconds"], gru["steps"]) == (2, ["out of luck"], (1 + 100) / 2, 40)
    assert (bag["seeds"], bag["mean"], bag["seconds"], bag["cost"]) == (0, None, None, {})
    assert len(bag["failed"]) == 3 and len(told["cells"]) == 6 and told["missing"] == 0
    assert told["pairs"] == [] and told["pareto"] == ["gru"]


def test_no_interval_goes_beyond_what_shares_there_can_be(tmp_path: Path) -> None:
    told = made(tmp_path, {"gru": [1, 1, 0.8], "bag": [0, 0, 0.3]}).to_dict()
    gru, bag = told["archs"]
    assert gru["high"] == gru["hhigh"] == 1 and bag["low"] == bag["hlow"] == 0
    assert told["pairs"][0]["high"] == 1


def test_costs_are_medians_over_seeds(tmp_path: Path) -> None:
    told = made(tmp_path, {"gru": [0.9, 0.8, 0.7], "bag": [0.5, 0.5, 0.6]}).to_dict()
    assert told["archs"][0]["cost"] == {"latency_p50": 10, "horizon_about": None}
    assert together([{"a": 1.0}, {"a": None}, {"a": 4, "about": "why"}]) == {"a": 2.5, "about": None}


def test_every_run_may_have_failed(tmp_path: Path) -> None:
    told = made(tmp_path, {"gru": [-1, -1, -1], "bag": [-1, -1, -1]})
    assert told.standing is None and told.to_dict()["verdict"] == ["every run failed."]
    told.save()
    assert (tmp_path / "comparison.md").is_file()


def test_runs_of_other_rows_are_refused(tmp_path: Path) -> None:
    jobs = [Job("gru", seed, None) for seed in (7, 8)]
    for job, rows in zip(jobs, (60, 59), strict=True):
        (tmp_path / job.name).parent.mkdir(exist_ok=True)
        items(0.5, rows=rows).save(tmp_path / f"{job.name}.npz")
    with pytest.raises(CheckpointError, match="not measured on the same rows"):
        gather(tmp_path, GRID, dict.fromkeys(jobs, record(1.0)))


def test_the_command_asks_for_the_plan() -> None:
    assert command(GRID) == "seqloom compare classify x.tsv --archs gru,bag --seeds 3 --budget 90s --tune 0"
    more = GRID.model_copy(update={"seeds": [3, 4], "minutes": None, "steps": 50, "settings": ["fit.lr=1 e"]})
    assert command(more).endswith("--seeds 2 --seed 3 --budget 50steps --tune 0 -s 'fit.lr=1 e'")
    assert "--seeds 7,9,8 --budget" in command(GRID.model_copy(update={"seeds": [7, 9, 8]}))
