"""Small files of numbers over time for the tests of forecasting, and the runs that learn them."""

from pathlib import Path

import numpy as np

from seqloom.spec import Spec
from seqloom.tasks.forecast import Forecasting
from seqloom.training.run import Run, fit, plan

TINY = ("encoder.size=8", "source.size=8", "series.look_back=12", "series.horizon=4", "fit.batch_tokens=512")
DECODER = ("decoder.size=8", "target.size=8", "bridge.size=8")


def months(count: int, start: str = "2001-01") -> list[str]:
    return [str(one) for one in np.datetime64(start, "M") + np.arange(count)]


def waves(count: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Return [count, channels]: a season of twelve, a trend and some noise, at another level in each channel."""
    steps, drawn = np.arange(count)[:, None], np.random.default_rng(seed).normal(size=(count, channels))
    level = 10.0 * (1 + np.arange(channels))
    return level * (3 + np.sin(2 * np.pi * steps / 12) + 0.01 * steps + 0.05 * drawn)


def write(path: Path, columns: dict[str, list], rows: range | None = None) -> Path:
    names = list(columns)
    lines = [",".join(str(columns[name][row]) for name in names) for row in rows or range(len(columns[names[0]]))]
    path.write_text(",".join(names) + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def monthly(path: Path, count: int = 96, channels: int = 1, seed: int = 0) -> Path:
    values = waves(count, channels, seed)
    named = {chr(ord("a") + place): values[:, place].tolist() for place in range(channels)}
    return write(path, {"month": months(count), **named})


def spec(path: Path, *settings: str, arch: str = "gru") -> Spec:
    return plan("forecast", str(path), arch=arch, settings=(*TINY, *settings))[0]


def learnt(path: Path, *settings: str, arch: str = "gru") -> tuple[Forecasting, list[str]]:
    notes: list[str] = []
    return Forecasting.learn(spec(path, *settings, arch=arch), notes.append), notes


def trained(path: Path, out: Path, *settings: str, arch: str = "gru", steps: int = 2) -> Run:
    more = (*TINY, f"fit.steps={steps}", *settings)
    return fit("forecast", str(path), arch=arch, out=str(out), settings=more)
