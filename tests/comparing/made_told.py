"""What `Comparison.to_dict` would tell of comparisons that never ran: all its numbers are made up here."""

from collections.abc import Sequence
from typing import Any

import numpy as np

ERROR = "the loss is not finite at step 40 <b>"


def made(
    archs: Sequence[str] = ("rnn", "gru", "lstm", "transformer"),
    seeds: Sequence[int] = (0, 1, 2),
    failed: Sequence[tuple[str, int]] = (),
    **changes: Any,
) -> dict[str, Any]:
    """Return a comparison of classifiers by accuracy; the runs `failed` (architecture, seed) say so."""
    rng = np.random.default_rng(7)
    cells, rows = [], []
    for place, arch in enumerate(archs):
        centre = 0.80 + 0.06 * (place > 0) + 0.002 * place
        qualities = {}
        for seed in seeds:
            if (arch, seed) in failed:
                cells.append({"arch": arch, "seed": seed, "status": "failed", "error": ERROR})
                continue
            qualities[seed] = centre + rng.normal(0, 0.005)
            steps = np.arange(50, 501, 50)
            pace = (0.2 + 0.1 * place) * (1 + 0.1 * rng.random())
            curve = [
                {
                    "step": int(step),
                    "tokens": int(step) * 640,
                    "seconds": float(step * pace),
                    "loss": float(0.3 + 0.4 * np.exp(-step / 100)),
                    "value": float(qualities[seed] - 0.3 * np.exp(-step / (60 + 30 * place))),
                }
                for step in steps
            ]
            cells.append(
                {
                    "arch": arch,
                    "seed": seed,
                    "status": "done",
                    "error": None,
                    "lr": 0.003,
                    "tuned": [{"lr": rate, "value": 0.7 + rate} for rate in (0.001, 0.003, 0.009)],
                    "metric": "accuracy",
                    "quality": qualities[seed],
                    "metrics": {"accuracy": qualities[seed]},
                    "parameters": 1_000_000 + 1000 * place,
                    "steps": 500,
                    "tokens": 320_000,
                    "seconds": float(500 * pace),
                    "ended": "steps",
                    "curve": curve,
                    "cost": {"latency_p50": 1.5 + place},
                }
            )
        values = np.array(list(qualities.values()))
        mean = float(values.mean()) if len(values) else None
        half = 4.303 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else None
        ends = (None, None) if mean is None or half is None else (mean - half, mean + half)
        wide = (None, None) if mean is None or half is None else (mean - half - 0.01, mean + half + 0.01)
        rows.append(
            {
                "arch": arch,
                "seeds": len(values),
                "mean": mean,
                "low": ends[0],
                "high": ends[1],
                "hlow": wide[0],
                "hhigh": wide[1],
                "parameters": 1_000_000 + 1000 * place,
                "seconds": 100.0 + 50 * place if len(values) else None,
                "cost": {"latency_p50": 1.5 + place, "horizon": None if place else 12.0},
                "failed": [ERROR for one, _ in failed if one == arch],
            }
        )
    bins = {name: [f"{at * 10 + 1}-{at * 10 + 10}" for at in range(4)] for name in ("by_length", "by_rarity")}
    bins["by_class"] = ["좋음", "나쁨", "<b>"]
    told: dict[str, Any] = {
        "plan": {
            "format": 1,
            "task": "classify",
            "data": "후기.tsv",
            "archs": list(archs),
            "seeds": list(seeds),
            "minutes": None,
            "steps": 500,
            "match": "params=1M",
            "tune": 3,
            "settings": ["source.tokens=char"],
            "columns": {"text": "내용"},
        },
        "command": "seqloom compare classify 후기.tsv --seeds 3 --budget 500steps",
        "versions": {"seqloom": "0.1", "torch": "2.9"},
        "machine": {"cores": 2, "gpu": None},
        "measured_on": "test",
        "missing": 0,
        "measure": {"name": "accuracy", "about": "the share of rows that are right", "unit": "points", "higher": True},
        "archs": rows,
        "pairs": [pair(one, other) for at, one in enumerate(rows) for other in rows[at + 1 :]],
        "cells": cells,
        "pareto": [one["arch"] for one in rows[:2]],
        "verdict": ["gru and lstm cannot be told apart (p = 0.41).", "Both beat rnn by 6.1 +- 0.8 points."],
    }
    for name, names in bins.items():
        told[name] = {
            arch: [
                {
                    "name": one,
                    "items": 100 - at,
                    "mean": 0.9 - 0.05 * at / (place + 1),
                    "low": 0.88 - 0.05 * at / (place + 1),
                    "high": 0.92 - 0.05 * at / (place + 1),
                }
                for at, one in enumerate(names)
            ]
            for place, arch in enumerate(archs)
        }
    return told | changes


def pair(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of two architectures; a difference of more than two points is shown."""
    if one["mean"] is None or other["mean"] is None:
        return {"a": one["arch"], "b": other["arch"], "difference": None, "low": None, "high": None, "p": None} | {
            "p_holm": None,
            "effect": None,
            "shown": False,
        }
    difference = one["mean"] - other["mean"]
    shown = abs(difference) > 0.02
    return {
        "a": one["arch"],
        "b": other["arch"],
        "difference": difference,
        "low": difference - 0.008,
        "high": difference + 0.008,
        "p": 0.00002 if shown else 0.41,
        "p_holm": 0.00012 if shown else 0.82,
        "effect": difference / 0.005,
        "shown": shown,
    }
