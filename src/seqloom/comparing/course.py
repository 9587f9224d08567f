"""The course of a training, from its events: how the loss and what is validated went by updates, tokens and time."""

import json
from pathlib import Path
from typing import Any

from seqloom.metrics import higher_is_better


def course(events: Path, metric: str) -> dict[str, Any]:
    """Return of an events.jsonl: parameters, steps, tokens, seconds, why it ended, the curve of validations, the best
    value of the metric, and the speed.

    Seconds are of training and validating, without the time between a stop and its resumption.
    """
    curve: list[dict[str, Any]] = []
    found: dict[str, Any] = {"metric": metric, "parameters": None, "steps": 0, "tokens": 0, "ended": None}
    speeds: list[float] = []
    losses: list[list[float]] = []
    seconds, before = 0.0, None
    for line in events.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        kind, now = event["event"], float(event["time"])
        if kind != "started" and before is not None:
            seconds += max(0.0, now - before)
        before = now
        if kind == "started":
            found["parameters"] = event["parameters"]
        elif kind == "step":
            found["tokens"], found["steps"] = event["tokens"], event["step"]
            speeds.append(event["tokens_per_second"])
            losses.append([event["step"], seconds, event["loss"]])
        elif kind == "valid":
            values = event["metrics"]
            at = {"step": event["step"], "tokens": found["tokens"], "seconds": round(seconds, 3)}
            curve.append({**at, "loss": values.get("loss"), "value": values.get(metric)})
        elif kind == "finished":
            found["ended"], found["steps"] = event["reason"], event["step"]
    known = [one["value"] for one in curve if one["value"] is not None]
    best = None if not known else (max if higher_is_better(metric) else min)(known)
    speed = sorted(speeds)[len(speeds) // 2] if speeds else None
    return {
        **found,
        "seconds": round(seconds, 3),
        "tokens_per_second": speed,
        "curve": curve,
        "training_loss": thinned(losses),
        "best": best,
    }


MOST = 200
"""Points of the training loss that are kept."""


def thinned(points: list[list[float]]) -> list[list[float]]:
    """Return so many of the points, evenly, the last among them."""
    by = -(-len(points) // MOST)
    return [one for at, one in enumerate(points) if (len(points) - 1 - at) % max(1, by) == 0]
