"""The course of a training is that of its events."""

import json
from pathlib import Path

import pytest

from seqloom.comparing.course import MOST, course, thinned


def write(path: Path, events: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    return path


def step(number: int, time: float, speed: float = 100.0) -> dict[str, object]:
    return {
        "event": "step",
        "step": number,
        "tokens": number * 10,
        "tokens_per_second": speed,
        "loss": 1 / number,
        "time": time,
    }


def valid(number: int, time: float, value: float) -> dict[str, object]:
    return {"event": "valid", "step": number, "metrics": {"loss": 1 - value, "accuracy": value}, "time": time}


def test_a_stop_does_not_count_as_time(tmp_path: Path) -> None:
    events = [
        {"event": "started", "parameters": 42, "time": 100.0},
        step(1, 101.0, 50.0),
        valid(1, 102.0, 0.7),
        {"event": "started", "parameters": 42, "time": 5000.0},
        step(2, 5001.5, 70.0),
        valid(2, 5002.0, 0.6),
        step(3, 5003.0, 60.0),
        {"event": "finished", "step": 3, "reason": "steps", "time": 5003.5},
    ]
    found = course(write(tmp_path / "events.jsonl", events), "accuracy")
    assert found["seconds"] == pytest.approx(2.0 + 3.5)
    assert (found["parameters"], found["steps"], found["tokens"], found["ended"]) == (42, 3, 30, "steps")
    assert found["best"] == 0.7 and found["tokens_per_second"] == 60.0
    assert [(one["step"], one["tokens"], one["value"]) for one in found["curve"]] == [(1, 10, 0.7), (2, 20, 0.6)]
    assert found["curve"][1]["seconds"] == pytest.approx(4.0)
    assert course(tmp_path / "events.jsonl", "loss")["best"] == pytest.approx(0.3)  # of a loss, the least


def test_long_courses_are_thinned_and_keep_their_end() -> None:
    points = [[float(n), 0.0, 1.0] for n in range(1, 1002)]
    kept = thinned(points)
    assert len(kept) <= MOST and kept[-1] == points[-1]
    assert thinned(points[:5]) == points[:5] and thinned([]) == []
