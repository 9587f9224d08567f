"""Stretches of a text are the same for a model that carries State and one that reads windows; each token is in one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from kept_runs import disagreements
from torch.nn.functional import cross_entropy

from seqloom.batch import Batch, Field
from seqloom.comparing.items import items_of
from seqloom.comparing.items_language import LEAST, MOST
from seqloom.tasks.language import Language
from seqloom.training.run import Run, fit

TEXT = "".join(f"하늘 {number} 바다 and {number * 7 % 13}\n" for number in range(200))


def trained(folder: Path, arch: str) -> Run:
    data = folder / "book.txt"
    data.write_text(TEXT, encoding="utf-8")
    parts: dict[str, Any] = {"decoder": {"size": 8}, "target": {"size": 8}}
    if arch == "transformer":
        parts["decoder"] = {"size": 8, "layers": 1, "heads": 2, "inner": 8}
    out = str(folder / arch)
    return fit("language", str(data), arch=arch, out=out, steps=3, window=12, batch_tokens=96, device="cpu", **parts)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("language")
    return {arch: trained(folder, arch) for arch in ("gru", "transformer")}


@pytest.mark.parametrize("arch", ["gru", "transformer"])
def test_stretches_sum_to_what_evaluate_says(arch: str, runs: dict[str, Run], tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(TEXT[300:1300], encoding="utf-8")
    assert disagreements(runs[arch], str(tmp_path / "other.txt")) == {}


def test_stretches_are_of_the_same_tokens_whatever_the_windows(runs: dict[str, Run], tmp_path: Path) -> None:
    assert [one.model.carries for one in runs.values()] == [True, False]
    (tmp_path / "other.txt").write_text(TEXT[:1001], encoding="utf-8")
    one, two = (items_of(run, str(tmp_path / "other.txt")) for run in runs.values())
    assert one.stats[:, 1].tolist() == two.stats[:, 1].tolist() == [LEAST] * 62 + [8]
    assert one.rarity is not None and two.rarity is not None
    assert one.rarity.tolist() == two.rarity.tolist(), "they are the same tokens, in the same places"
    assert one.stats[:, 0].tolist() != two.stats[:, 0].tolist()


def test_a_stretch_has_the_nats_of_its_own_tokens(
    runs: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, text = runs["gru"], TEXT[:50]
    (tmp_path / "short.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(run.spec.fit, "batch_tokens", 12)  # one track, so that no token is read without those before it
    items = items_of(run, str(tmp_path / "short.txt"))
    assert isinstance(run.task, Language)
    ids = torch.tensor([run.task.vocabulary.encode(text)])
    batch = Batch({"target": Field(ids[:, :-1], torch.ones(1, 49, dtype=torch.bool))})
    with torch.no_grad():
        logits = run.model(batch)[0]["words"][0]
    each = cross_entropy(logits, ids[0, 1:], reduction="none").numpy()
    assert items.stats[:, 0] == pytest.approx(np.add.reduceat(each, [0, 16, 32, 48]), abs=1e-4)


def test_a_long_text_has_long_stretches(runs: dict[str, Run], tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(TEXT * 20, encoding="utf-8")
    sizes = items_of(runs["gru"], str(tmp_path / "long.txt")).stats[:, 1]
    assert (sizes[:-1] == MOST).all() and 0 < sizes[-1] <= MOST


def test_two_tokens_are_one_stretch(runs: dict[str, Run], tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("하a", encoding="utf-8")
    assert items_of(runs["transformer"], str(tmp_path / "two.txt")).stats.shape == (1, 2)
