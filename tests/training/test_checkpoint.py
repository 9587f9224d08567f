"""Checkpoints: whole or refused, the one before where the newest is damaged, and nothing but plain formats."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from toys import Kill, Power, classifier, same, weights, weights_of

from seqloom.errors import CheckpointError, ResourceError
from seqloom.spec import FitSpec
from seqloom.training import manifest
from seqloom.training.averaging import MovingAverage
from seqloom.training.checkpoint import Checkpoints, Progress, flatten, put_weights, restore, shipped, unflatten
from seqloom.training.events import Event, Started
from seqloom.training.manifest import MANIFEST
from seqloom.training.optimizers import build_optimizer
from seqloom.training.run import Run, fit, load

Fit = Callable[..., Run]
CPU = torch.device("cpu")


@pytest.fixture
def killed(small: Fit, tmp_path: Path) -> Path:
    """Return a run that was killed at step 11 and has the checkpoints 4, 6, 8 and 10."""
    with pytest.raises(Power):
        small("lstm", tmp_path / "run", on_event=Kill(11), valid_every=100, save_every=2, keep=4, ema=0.9)
    return tmp_path / "run"


def flip(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(bytes(content))


def test_every_file_is_plain(killed: Path, small: Fit) -> None:
    small("lstm", killed, resume=True)
    kinds: dict[str, list[str]] = {}
    for path in killed.rglob("*"):
        if path.is_dir():
            continue
        kinds.setdefault(path.suffix, []).append(path.name)
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                list(file.keys())
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        else:
            path.read_text(encoding="utf-8")
    assert set(kinds) == {".safetensors", ".json", ".jsonl", ".yaml", ""}
    assert set(kinds[""]) == {"last", "best"}
    step = killed / "checkpoints/step-24"
    assert sorted(path.name for path in step.iterdir()) == [
        "MANIFEST.json", "average.json", "average.safetensors", "carried.safetensors", "model.safetensors",
        "optimizer.safetensors", "progress.json", "random.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["model", "optimizer", "random", "average", "carried"], ids=lambda name: f"{name}.safetensors"
)
@pytest.mark.parametrize("place", [0, 60, -1])
def test_a_flipped_byte_anywhere_is_refused(name: str, place: int, killed: Path) -> None:
    for step in (4, 6, 8, 10):
        flip(killed / f"checkpoints/step-{step}/{name}.safetensors", place)
    with pytest.raises(CheckpointError, match=rf"step-10/{name}\.safetensors: its content is not what was saved"):
        load(str(killed))


@pytest.mark.parametrize("damage", ["flip", "cut", "miss", "manifest"])
def test_a_damaged_newest_is_passed_over(damage: str, killed: Path, small: Fit, tmp_path: Path) -> None:
    undisturbed = small("lstm", tmp_path / "whole", valid_every=100, save_every=2, keep=4, ema=0.9)
    victim = killed / "checkpoints/step-10"
    if damage == "flip":
        flip(victim / "progress.json")
    elif damage == "cut":
        os.truncate(victim / "optimizer.safetensors", 100)
    elif damage == "miss":
        (victim / "random.safetensors").unlink()
    else:
        (victim / MANIFEST).write_text("{")
    checkpoints = Checkpoints(killed / "checkpoints")
    place, wrong = checkpoints.newest()
    assert place.name == "step-8"
    assert len(wrong) == 1 and wrong[0].startswith(str(victim))
    seen: list[Event] = []
    notes: list[str] = []
    run = fit("language", "", out=str(killed), resume=True, on_event=seen.append, say=notes.append)
    assert isinstance(seen[0], Started) and seen[0].resumed_at == 8
    assert notes == [f"passed over a damaged checkpoint: {wrong[0]}"]
    assert same(weights(run), weights(undisturbed))
    assert [int(one.name[5:]) for one in checkpoints.all()] == [18, 20, 22, 24]


def test_a_damaged_newest_crowds_out_no_good_one(killed: Path) -> None:
    """keep=1 keeps the one just written, not one of a higher number that cannot be read."""
    flip(killed / "checkpoints/step-10/model.safetensors")
    spec = killed / "spec.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("keep: 4", "keep: 1"), encoding="utf-8")
    with pytest.raises(Power):
        fit("language", "", out=str(killed), resume=True, on_event=Kill(10, "step"))
    with pytest.raises(Power):
        fit("language", "", out=str(killed), resume=True, on_event=Kill(10, "saved"))
    assert [one.name for one in Checkpoints(killed / "checkpoints").all()] == ["step-10"]
    assert Checkpoints(killed / "checkpoints").newest()[1] == []


def test_none_is_whole(killed: Path) -> None:
    for step in (4, 6, 8, 10):
        flip(killed / f"checkpoints/step-{step}/model.safetensors")
    with pytest.raises(CheckpointError, match=r"step-10/model.safetensors: its content is not what was saved"):
        fit("language", "", out=str(killed), resume=True)


def test_there_is_none(killed: Path) -> None:
    for step in (4, 6, 8, 10):
        (killed / f"checkpoints/step-{step}").rename(killed / f"gone-{step}")
    with pytest.raises(CheckpointError, match=r"checkpoints: no checkpoint to go on from\."):
        fit("language", "", out=str(killed), resume=True)


def test_reading_leaves_the_files_of_a_training_process_alone(killed: Path) -> None:
    busy = killed / "checkpoints/.unfinished-step-12-4242"
    busy.mkdir()
    with pytest.warns(UserWarning, match="has not ended"):
        load(str(killed))
    assert busy.is_dir()
    with pytest.raises(Power):
        fit("language", "", out=str(killed), resume=True, on_event=Kill(12))
    assert not busy.exists(), "who goes on sweeps what the killed process left"


def test_a_full_disk_ends_it_and_what_was_saved_loads(
    small: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = small("lstm", tmp_path / "whole", save_every=6, valid_every=12)
    real = manifest._write

    def full(path: Path, content: bytes) -> None:
        if "step-12" in str(path) and path.name == "optimizer.safetensors":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "_write", full)
        with pytest.raises(ResourceError, match=r"step-12: cannot be written: No space left on device\."):
            small("lstm", tmp_path / "run", save_every=6, valid_every=12)
    assert sorted(os.listdir(tmp_path / "run/checkpoints")) == ["last", "step-6"]
    with pytest.warns(UserWarning, match=r"these are the weights of step-6\."):
        load(str(tmp_path / "run"))
    assert same(weights(small("lstm", tmp_path / "run", resume=True)), weights(undisturbed))


def test_loading_an_unfinished_run_takes_the_newest_and_says_so(killed: Path) -> None:
    notes: list[str] = []
    run = load(str(killed), say=notes.append)
    assert notes == [f"{killed}: its training has not ended; these are the weights of step-10."]
    newest = shipped(killed / "checkpoints/step-10")
    assert same(weights(run), newest)
    flip(killed / "checkpoints/step-10/model.safetensors")
    notes.clear()
    assert same(weights(load(str(killed), say=notes.append)), shipped(killed / "checkpoints/step-8"))
    assert "these are the weights of step-8. Passed over: " in notes[0]
    assert "step-10/model.safetensors: its content is not what was saved" in notes[0]


def test_loading_an_unfinished_run_names_the_best(small: Fit, tmp_path: Path) -> None:
    with pytest.raises(Power):
        small("bag", tmp_path / "run", on_event=Kill(9), valid_every=2, lr=1.0, optimizer="sgd")
    best = json.loads((tmp_path / "run/checkpoints/step-8/progress.json").read_text())["best_step"]
    notes: list[str] = []
    load(str(tmp_path / "run"), say=notes.append)
    assert f"these are the weights of step-8; the best so far is step-{best}." in notes[0] or best == 8


def test_restore_puts_everything_back(tmp_path: Path) -> None:
    model = classifier().float()
    optimizer, average = build_optimizer(model, FitSpec(lr=0.1)), MovingAverage(model, 0.9)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    average.update(model)
    state = {"0": {"forwards": {"h": torch.randn(2, 3), "c": torch.randn(2, 3).bfloat16()}}}
    progress = Progress(
        step=3, epoch=1, batch=2, planned=50, best=0.25, best_step=3, best_metrics={"f1/가": 0.5}, waited=1
    )
    progress.plateau.see(False)
    place = Checkpoints(tmp_path).write(model, optimizer, average, state, progress, 3)
    noise = torch.rand(3)
    other = classifier(seed=5).float()
    other_optimizer, other_average = build_optimizer(other, FitSpec(lr=0.1)), MovingAverage(other, 0.9)
    found, carried = restore(place, other, other_optimizer, other_average, CPU)
    assert torch.equal(torch.rand(3), noise)
    assert found == progress
    assert carried is not None
    for name in ("h", "c"):
        ours, theirs = carried["0"]["forwards"][name], state["0"]["forwards"][name]
        assert ours.dtype == theirs.dtype and torch.equal(ours, theirs)
        assert ours.data_ptr() % 64 == 0, "products may differ in their last bits where memory is aligned otherwise"
    assert same(weights_of(model), weights_of(other))
    assert same(average.weights, other_average.weights) and other_average.steps == 1
    with pytest.raises(CheckpointError, match=r"step-3: holds no average, but fit\.ema asks for one\."):
        plain = Checkpoints(tmp_path / "b").write(model, optimizer, None, None, progress, 3)
        restore(plain, other, other_optimizer, other_average, CPU)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    model, other = classifier("gru"), classifier("lstm")
    with pytest.raises(
        CheckpointError, match=r"weights of another model: encoder.stack.cells.0.forwards.w_ih, .* differ"
    ):
        put_weights(model, weights_of(other), tmp_path)
    with pytest.raises(CheckpointError, match="weights of another model"):
        put_weights(model, {}, tmp_path)


def test_the_progress_of_a_later_version_is_refused(tmp_path: Path) -> None:
    model = classifier()
    optimizer = build_optimizer(model, FitSpec())
    place = Checkpoints(tmp_path).write(model, optimizer, None, None, Progress(), 3)
    files = {path.name: path.read_bytes() for path in place.iterdir() if path.name != MANIFEST}
    files["progress.json"] = b'{"step": 1, "plateau": {}, "moon": 2}'
    manifest.write_folder(place, files)
    with pytest.raises(CheckpointError, match=r"progress.json: not of this version: .*'moon'"):
        restore(place, model, optimizer, None, CPU)
    del files["progress.json"]
    manifest.write_folder(place, files)
    with pytest.raises(CheckpointError, match=r"progress.json is not in its manifest, or is not JSON\."):
        restore(place, model, optimizer, None, CPU)


def test_a_state_is_flattened_and_back() -> None:
    state = {"0": {"forwards": {"h": torch.ones(1)}, "backwards": {"h": torch.zeros(1)}}, "length": torch.ones(2)}
    flat = flatten(state)
    assert list(flat) == ["0/forwards/h", "0/backwards/h", "length"]
    assert unflatten(flat) == state
