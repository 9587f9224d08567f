"""The table of runs: what is whole, stopped, running or damaged; sorted; and what differs between two specs."""

import json
import shutil
import time
from pathlib import Path

import pytest

from seqloom.errors import InputError
from seqloom.pages.run_table import Listed, differences, flat, listed, missing, ordered, runs_below
from seqloom.spec import parse, read

KEPT = Path(__file__).resolve().parents[1] / "kept"


def copied(folder: Path, task: str = "classify", name: str = "한글 run") -> Path:
    return Path(shutil.copytree(KEPT / f"format-1-{task}", folder / name))


def logged(place: Path, *records: dict[str, object]) -> None:
    (place / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


def test_a_whole_run_is_finished_with_what_its_events_tell(tmp_path: Path) -> None:
    place = copied(tmp_path)
    logged(
        place,
        {"event": "started", "parameters": 1083, "time": 1000.0},
        {"event": "finished", "step": 9, "seconds": 90.0, "metrics": {"loss": 0.25}, "time": 1090.0},
    )
    (row,) = runs_below(tmp_path)
    assert (row.run, row.task, row.arch) == (str(place), "classify", "bilstm")
    assert (row.parameters, row.metric, row.value, row.minutes, row.state) == (1083, "loss", 0.25, 1.5, "finished")
    assert row.problem is None


def test_a_metric_of_zero_is_a_value(tmp_path: Path) -> None:
    place = copied(tmp_path)
    valid = {"event": "valid", "step": 1, "best": True, "metrics": {"loss": 3.0}, "time": 1.0}
    logged(place, valid, {"event": "finished", "seconds": 1.0, "metrics": {"loss": 0.0}, "time": 2.0})
    assert listed(place).value == 0.0


def test_without_a_manifest_it_is_stopped_or_running_and_its_best_validation_counts(tmp_path: Path) -> None:
    place = copied(tmp_path)
    (place / "MANIFEST.json").unlink()
    valids = [
        {"event": "valid", "step": at, "best": best, "metrics": {"loss": loss}, "time": 50.0}
        for at, best, loss in ((1, True, 3.0), (2, True, 2.0), (3, False, 4.0))
    ]
    logged(place, *valids)
    assert listed(place).state == "stopped" and listed(place).value == 2.0
    logged(place, {**valids[0], "time": time.time()})
    assert listed(place).state == "running"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda place: (place / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda place: (place / "model.safetensors").write_bytes(b"12"), "model.safetensors has 2 bytes"),
        (lambda place: (place / "MANIFEST.json").write_text("{"), "MANIFEST.json cannot be read"),
        (lambda place: (place / "MANIFEST.json").write_text('{"files": [1]}'), "MANIFEST.json cannot be read"),
        (lambda place: (place / "spec.yaml").write_text("task: [", encoding="utf-8"), "not a YAML file"),
    ],
)
def test_what_is_damaged_is_said_so(tmp_path: Path, harm, said: str) -> None:  # type: ignore[no-untyped-def]
    place = copied(tmp_path)
    assert missing(place) is None
    harm(place)
    row = listed(place)
    assert row.state == "damaged" and said in str(row.problem)


def test_runs_are_found_below_and_behind_links_once_and_not_in_checkpoints(tmp_path: Path) -> None:
    one = copied(tmp_path / "deep" / "er", name="a")
    shutil.copytree(one, one / "checkpoints" / "step-1")
    shutil.copytree(one, tmp_path / ".hidden" / "b")
    (tmp_path / "link").symlink_to(one)
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    found = runs_below(tmp_path)
    assert [Path(row.run).resolve() for row in found] == [one.resolve()]
    assert runs_below(one)[0].run == str(one)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no such folder"):
        runs_below(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is a file"):
        runs_below(tmp_path / "file")


def row(name: str, value: float | None) -> Listed:
    return Listed(name, "classify", "gru", 1, "loss", value, 1.0, "2026", "finished")


def test_rows_are_sorted_and_those_without_a_value_come_last_either_way() -> None:
    rows = [row("a", None), row("b", 2.0), row("c", 1.0)]
    assert [one.run for one in ordered(rows, "value")] == ["c", "b", "a"]
    assert [one.run for one in ordered(rows, "value", reverse=True)] == ["b", "c", "a"]
    with pytest.raises(InputError, match="no such column; there are run, task"):
        ordered(rows, "valeu")


def test_specs_differ_in_the_keys_that_differ_and_in_those_that_one_has_not() -> None:
    one = read(KEPT / "format-1-classify" / "spec.yaml")
    values = one.model_dump(mode="json")
    assert differences(one, parse(values)) == []
    values["fit"]["lr"] = 0.5
    values["encoder"] = {"kind": "bag"}
    found = {key: (a, b) for key, a, b in differences(one, parse(values))}
    assert found["fit.lr"] == (0.03, 0.5) and found["encoder.size"] == (6, None)
    assert found["encoder.kind"][1] == "bag" and set(found) <= {
        *("fit.lr", "encoder.kind", "encoder.size", "encoder.bidirectional", "encoder.layers"),
    }


def test_an_empty_part_is_a_value() -> None:
    assert flat({"a": {"b": {}, "c": [1]}, "d": None}) == {"a.b": {}, "a.c": [1], "d": None}
