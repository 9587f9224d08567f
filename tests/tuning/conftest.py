"""A small search on made rows."""

import os
import random
from pathlib import Path

import pytest

pytest.importorskip("optuna")

SMALL = ("fit.steps=20", "source.size=8", "encoder.size=8", "source.tokens=word")


@pytest.fixture(autouse=True)
def unhurried_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the waits for the disk: of small trainings they are most of the time."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows whose label a word tells, in any place."""
    drawn = random.Random(3)
    rows = ["text\tlabel"]
    for number in range(240):
        words = [drawn.choice(["film", "영화", "plot", "the", "scene"]) for _ in range(6)]
        words[drawn.randrange(6)] = ("great", "awful")[number % 2]
        rows.append(f"{' '.join(words)}\t{('긍정', '부정')[number % 2]}")
    path = tmp_path_factory.mktemp("tuning") / "리뷰.tsv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path
