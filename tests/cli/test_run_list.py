"""seqloom runs: the table, its order, its JSON, and what differs between two runs."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

KEPT = Path(__file__).resolve().parents[1] / "kept"


@pytest.fixture
def two(seqloom: Callable) -> None:
    for task, name in (("classify", "가"), ("tag", "나")):
        place = Path(shutil.copytree(KEPT / f"format-1-{task}", Path("runs") / name))
        value = {"classify": 0.5, "tag": 0.25}[task]
        metric = {"classify": "loss", "tag": "span_f1"}[task]
        records = [
            {"event": "started", "parameters": 10_000 if task == "tag" else 2, "time": 1e9},
            {"event": "finished", "seconds": 60.0, "metrics": {metric: value}, "time": 1e9 + (task == "tag")},
        ]
        (place / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))


def names(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines() if line.startswith("runs/")]


def test_the_table_has_a_row_a_run(seqloom: Callable, two: None) -> None:
    code, out, err = seqloom("runs")
    assert code == 0 and err == "" and names(out) == ["runs/가", "runs/나"]
    assert "10,000" in out and "0.2500" in out and out.count("finished") == 2 and "span_f1" in out


def test_it_is_sorted_by_any_column(seqloom: Callable, two: None) -> None:
    assert names(seqloom("runs", "--sort", "parameters", "--reverse")[1]) == ["runs/나", "runs/가"]
    assert names(seqloom("runs", "runs", "--sort", "value")[1]) == ["runs/나", "runs/가"]
    code, out, err = seqloom("runs", "--sort", "size")
    assert code == 2 and out == "" and "there is no such column; there are run, task" in err


def test_json_has_all_of_it(seqloom: Callable, two: None) -> None:
    rows = json.loads(seqloom("runs", "--json")[1])
    assert [(row["run"], row["value"], row["minutes"], row["problem"]) for row in rows] == [
        ("runs/가", 0.5, 1.0, None),
        ("runs/나", 0.25, 1.0, None),
    ]


def test_a_damaged_run_is_a_row_and_said(seqloom: Callable, two: None) -> None:
    (Path("runs") / "나" / "model.safetensors").unlink()
    code, out, err = seqloom("runs")
    assert code == 0 and "damaged" in out and err == "seqloom: runs/나 is damaged: model.safetensors is missing\n"


def test_no_runs_are_said(seqloom: Callable) -> None:
    Path("runs").mkdir()
    assert seqloom("runs") == (0, "", "seqloom: there are no runs below runs: 'seqloom train' makes one.\n")
    assert json.loads(seqloom("runs", "--json")[1]) == []
    code, _, err = seqloom("runs", "elsewhere")
    assert code == 2 and "elsewhere: no such folder" in err


def test_the_keys_that_differ(seqloom: Callable, two: None) -> None:
    code, out, _ = seqloom("runs", "--diff", "runs/가", "runs/나")
    assert code == 0 and "fit.steps" in out and "runs/가" in out.splitlines()[0]
    assert not any(line.startswith("format ") for line in out.splitlines())
    told = json.loads(seqloom("runs", "--diff", "runs/가", "runs/나", "--json")[1])
    assert told["differ"]["task"] == {"a": "classify", "b": "tag"} and told["a"] == "runs/가"
    assert seqloom("runs", "--diff", "runs/가", "runs/가")[1] == "Their specs are the same.\n"


def test_diff_takes_two_runs_and_no_folder(seqloom: Callable, two: None) -> None:
    assert seqloom("runs", "--diff", "runs/가", "runs/다")[0] == 3
    code, _, err = seqloom("runs", "runs", "--diff", "runs/가", "runs/나")
    assert code == 2 and "--diff names two runs itself" in err
