"""One job, done in this process: what it may spend, what it is measured on, and that what is trained is not again."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqloom
from seqloom.comparing import grid as plans
from seqloom.comparing.grid import Grid
from seqloom.comparing.job import Job, do
from seqloom.comparing.measure import Items
from seqloom.errors import InputError
from seqloom.tasks.parts import TEST
from seqloom.training import run as running


def planned(folder: Path, **more: Any) -> None:
    rows = [f"{('good', 'bad')[n % 2]} film {n}\t{('yes', 'no')[n % 2]}" for n in range(120)]
    (folder / "rows.tsv").write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    grid = Grid(task="classify", data=str(folder / "rows.tsv"), archs=["bag"], seeds=[7], cost_seconds=0, **more)
    (folder / plans.FILE).write_text(plans.write(grid), encoding="utf-8")


def test_a_run_is_measured_on_the_test_part_and_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(tmp_path, test=0.25, steps=4, settings=["source.size=8", "source.tokens=word"])
    job = Job("bag", 7, 0.01)
    record = do(tmp_path, job)
    run = seqloom.load(tmp_path / job.name)
    told = run.evaluate(TEST)
    assert record["items"] == 30 and record["quality"] == pytest.approx(told["accuracy"])
    assert record["metrics"]["loss"] == pytest.approx(told["loss"]) and told["loss"] != run.evaluate()["loss"]
    assert record["steps"] == 4 and record["lr"] == 0.01 and not (tmp_path / job.name / "checkpoints").exists()
    kept = Items.load(tmp_path / f"{job.name}.npz")
    assert np.isclose(kept.stats[:, 0].mean(), record["quality"])
    monkeypatch.setattr(running, "fit", None)
    again = do(tmp_path, job)
    assert again["status"] == "done" and again["quality"] == record["quality"]


def test_a_rate_is_tried_for_a_quarter_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(tmp_path, steps=400)
    asked: list[list[str]] = []

    def fit(*words: Any, settings: list[str], **more: Any) -> None:
        asked.append(settings)
        raise InputError("seen enough")

    monkeypatch.setattr(running, "fit", fit)
    for job in (Job("bag", 6, 0.01, tried=True), Job("bag", 7, 0.02)):
        assert do(tmp_path, job)["error"] == "seen enough"
    tried, cell = asked
    assert "fit.steps=100" in tried and "fit.lr=0.01" in tried and "fit.seed=6" in tried
    assert "fit.steps=400" in cell and "fit.lr=0.02" in cell and "fit.seed=7" in cell


def test_a_job_ends_with_what_started_it() -> None:
    """Killed, the parent tells nobody; the pipe closes once the child is gone as well."""
    child = "import time; from seqloom.comparing.job import end_with_parent; end_with_parent(0.05)"
    child += "; print('up', flush=True); time.sleep(60)"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    began = time.monotonic()
    process.kill()
    process.communicate(timeout=50)
    assert time.monotonic() - began < 40
