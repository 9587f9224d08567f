"""A training that is killed and resumed ends with the weights of one that was not, to the last bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toys import Kill, Power, same, tiny, weights

from seqloom.errors import CheckpointError, Interrupted
from seqloom.training import log, loop
from seqloom.training.checkpoint import Checkpoints
from seqloom.training.events import Event, Finished, Saved, Started, Step
from seqloom.training.run import Run, fit, load
from seqloom.training.validate import validate

Fit = Callable[..., Run]

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "lstm, State carried": ("lstm", {"valid_every": 6}),
    "lstm, accumulate, ema": ("lstm", {"accumulate": 2, "ema": 0.9, "valid_every": 6}),
    "lstm, bf16": ("lstm", {"precision": "bf16", "valid_every": 6}),
    "gru, several epochs": ("gru", {"epochs": 1.6, "batch_tokens": 64, "valid_every": 9}),
    "gru, mean of checkpoints": ("gru", {"average": 2, "keep": 1, "save_every": 7, "valid_every": 100}),
    "gru, no validation": ("gru", {"valid": 0.0, "save_every": 5}),
    "rnn, plateau, rmsprop": ("rnn", {"schedule": "plateau", "optimizer": "rmsprop", "lr": 0.05, "valid_every": 2}),
    "mingru, random start": ("mingru", {"decoder": {"start": "random"}, "valid_every": 6}),
    "minlstm, adam": ("minlstm", {"optimizer": "adam", "valid_every": 6}),
    "gpt": ("gpt", {"valid_every": 6}),
    "gpt, scheduled sampling": ("gpt", {"sampling": 0.5, "sampling_rise": "sigmoid", "valid_every": 6}),
    "lstm, scheduled sampling": ("lstm", {"sampling": 0.8, "valid_every": 6}),
    "gpt, sgd with momentum": ("gpt", {"optimizer": "sgd", "momentum": 0.9, "lr": 0.3, "valid_every": 6}),
    "bigru": ("bigru", {"valid_every": 6, "weight_decay": 0.1}),
    "bigru, saves less than it validates": ("bigru", {"valid_every": 3, "save_every": 12, "metric": "accuracy"}),
    "bigru, patience": ("bigru", {"steps": 60, "valid_every": 2, "patience": 3, "lr": 0.1, "clip_by": "value"}),
    "bigru, workers": ("bigru", {"workers": 2, "valid_every": 12}),
    "bag, sgd": ("bag", {"optimizer": "sgd", "lr": 0.5, "valid_every": 6}),
}


def shipped(run: Run, events: list[Event]) -> tuple[Any, ...]:
    """Return what two trainings must agree on beside their weights."""
    end = next(event for event in events if isinstance(event, Finished))
    return end.step, end.reason, end.shipped, end.metrics


@pytest.mark.parametrize("case", CASES)
def test_killed_and_resumed_equals_undisturbed(case: str, small: Fit, tmp_path: Path) -> None:
    arch, options = CASES[case]
    whole: list[Event] = []
    undisturbed = small(arch, tmp_path / "whole", on_event=whole.append, **options)
    last = max(event.step for event in whole if isinstance(event, Step))
    chosen = random.Random(case)
    kills = sorted(chosen.sample(range(1, last + 1), 3))
    seen: list[Event] = []
    for number, step in enumerate(kills):  # one run, killed three times
        kill = Kill(step)
        with pytest.raises(Power):
            small(arch, tmp_path / "killed", resume=number > 0, on_event=kill, **options)
        seen = kill.seen
    resumed = small(arch, tmp_path / "killed", resume=True, on_event=seen.append, **options)
    assert same(weights(resumed), weights(undisturbed)), f"killed at {kills}"
    assert shipped(resumed, seen) == shipped(undisturbed, whole)


def test_the_weights_depend_on_what_resume_puts_back(small: Fit, tmp_path: Path, monkeypatch: Any) -> None:
    """The law above would mean little if a resumed training ended the same without RNG, moments or State."""
    undisturbed = small("lstm", tmp_path / "whole", valid_every=6)
    breaks: dict[str, Callable[[Any], Any]] = {
        "seqloom.training.checkpoint._set_random_state": lambda real: lambda state: None,
        "seqloom.training.checkpoint.load_state": lambda real: lambda *parts: None,
        "seqloom.training.checkpoint.unflatten": lambda real: lambda flat: None,
    }
    for number, (name, change) in enumerate(breaks.items()):
        with pytest.raises(Power):
            small("lstm", tmp_path / str(number), valid_every=6, on_event=Kill(9))
        with monkeypatch.context() as patch:
            patch.setattr(name, change(None))
            resumed = small("lstm", tmp_path / str(number), resume=True)
        assert not same(weights(resumed), weights(undisturbed)), name


@pytest.mark.parametrize("kind", ["valid", "saved", "finished"])
def test_killed_right_after_another_event(kind: str, small: Fit, tmp_path: Path) -> None:
    undisturbed = small("bigru", tmp_path / "whole", valid_every=6)
    step = 24 if kind == "finished" else 12
    with pytest.raises(Power):
        small("bigru", tmp_path / "killed", valid_every=6, on_event=Kill(step, kind))
    assert same(weights(small("bigru", tmp_path / "killed", resume=True)), weights(undisturbed))


def test_killed_between_writing_a_checkpoint_and_pointing_best_at_it(
    small: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []
    undisturbed = small("bigru", tmp_path / "whole", valid_every=6, on_event=events.append)
    best = next(int(e.shipped.rpartition(" ")[2]) for e in events if isinstance(e, Finished))
    real = Checkpoints.write

    def cut_off(self: Checkpoints, *parts: Any) -> Path:
        progress = parts[4]
        if progress.step != best:
            return real(self, *parts)
        with monkeypatch.context() as patch:
            patch.setattr("seqloom.training.checkpoint.replace_file", _power_off)
            return real(self, *parts)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "write", cut_off)
        with pytest.raises(Power):
            small("bigru", tmp_path / "killed", valid_every=6)
    assert same(weights(small("bigru", tmp_path / "killed", resume=True)), weights(undisturbed))


def _power_off(*_: Any) -> None:
    raise Power


@pytest.mark.parametrize(
    ("at", "options"), [(6, {}), (24, {}), (9, {"valid_every": 3, "save_every": 12, "average": 2})]
)
def test_a_signal_in_the_middle_of_a_validation(
    at: int, options: dict[str, Any], small: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"valid_every": 6, "save_every": 6, **options}
    whole: list[Event] = []
    undisturbed = small("lstm", tmp_path / "whole", on_event=whole.append, **options)
    steps: list[int] = []

    def interrupted(model: Any, data: Any, meter: Any, flag: Any = None) -> dict[str, float]:
        if flag is not None and steps and steps[-1] == at:
            os.kill(os.getpid(), signal.SIGTERM)
        return validate(model, data, meter, flag)

    def hear(event: Event) -> None:
        if isinstance(event, Step):
            steps.append(event.step)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "validate", interrupted)
        with pytest.raises(Interrupted) as stopped:
            small("lstm", tmp_path / "stopped", on_event=hear, **options)
    assert stopped.value.code == 143
    assert str(stopped.value) == f"stopped at step {at}, which is saved. Go on with --resume."
    seen: list[Event] = []
    resumed = small("lstm", tmp_path / "stopped", resume=True, on_event=seen.append)
    assert same(weights(resumed), weights(undisturbed))
    assert shipped(resumed, seen) == shipped(undisturbed, whole)


def test_a_signal_between_saves_leaves_the_mean_of_checkpoints_alone(small: Fit, tmp_path: Path) -> None:
    options = {"average": 2, "save_every": 8, "valid_every": 100, "steps": 20}
    undisturbed = small("gru", tmp_path / "whole", **options)

    def stop(event: Event) -> None:
        if isinstance(event, Step) and event.step == 18:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted) as stopped:
        small("gru", tmp_path / "stopped", on_event=stop, **options)
    assert stopped.value.code == 130
    assert (tmp_path / "stopped/checkpoints/step-18").is_dir()
    assert same(weights(small("gru", tmp_path / "stopped", resume=True)), weights(undisturbed))
    assert not (tmp_path / "stopped/checkpoints/step-18").exists()


def test_a_run_killed_before_its_first_due_save_starts_again(small: Fit, tmp_path: Path) -> None:
    undisturbed = small("bigru", tmp_path / "whole")
    with pytest.raises(Power):
        small("bigru", tmp_path / "killed", on_event=Kill(2))
    with pytest.warns(UserWarning, match=r"training has not ended; these are the weights of step-0\."):
        load(str(tmp_path / "killed"))
    assert same(weights(small("bigru", tmp_path / "killed", resume=True)), weights(undisturbed))


def test_a_run_from_other_weights_killed_at_once_starts_from_them_again(small: Fit, tmp_path: Path) -> None:
    small("bigru", tmp_path / "first", steps=3)
    undisturbed = small("bigru", tmp_path / "whole", init=str(tmp_path / "first"))
    with pytest.raises(Power):
        small("bigru", tmp_path / "killed", init=str(tmp_path / "first"), on_event=Kill(2))
    assert same(weights(small("bigru", tmp_path / "killed", resume=True)), weights(undisturbed))


def test_minutes_once_measured_bind_the_resumed_run(small: Fit, tmp_path: Path) -> None:
    seen: list[Event] = []

    def kill(event: Event) -> None:
        seen.append(event)
        if isinstance(event, Step) and event.steps is not None and event.step == event.steps - 2:
            raise Power

    options = {"minutes": 0.02, "valid_every": 1000, "schedule": "constant"}
    with pytest.raises(Power):
        small("bag", tmp_path / "killed", on_event=kill, **options)
    planned = next(event.steps for event in reversed(seen) if isinstance(event, Step))
    measured = next(event.step for event in seen if isinstance(event, Step) and event.steps is not None)
    assert measured in [event.step for event in seen if isinstance(event, Saved)], "the plan is not on disk"
    resumed: list[Event] = []
    run = small("bag", tmp_path / "killed", resume=True, on_event=resumed.append)
    end = resumed[-1]
    assert isinstance(end, Finished)
    assert (end.step, end.reason) == (planned, "minutes")
    assert isinstance(resumed[0], Started) and resumed[0].steps == planned
    # the same number of updates, given as steps, gives the same weights: the plan changed nothing else
    assert same(
        weights(run), weights(small("bag", tmp_path / "steps", steps=planned, valid_every=1000, schedule="constant"))
    )


def test_minutes_not_yet_measured_are_measured_after_resuming(small: Fit, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Step) and event.step == 9:  # past the updates that are not timed
            assert event.steps is None
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted):
        small("bag", tmp_path / "stopped", on_event=stop, minutes=0.02)
    seen: list[Event] = []
    small("bag", tmp_path / "stopped", resume=True, on_event=seen.append)
    assert isinstance(seen[-1], Finished)
    assert seen[-1].reason == "minutes"


def test_the_log_goes_on_without_doubles_or_cut_lines(
    small: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "BETWEEN", 0.0)
    path = tmp_path / "하늘" / "events.jsonl"
    for number, step in enumerate([5, 9, 17]):
        with pytest.raises(Power):
            small("lstm", path.parent, resume=number > 0, on_event=Kill(step), valid_every=4)
        with path.open("ab") as file:  # a crash of the machine may cut the last line anywhere
            file.write('{"event": "saved", "path": "하늘'.encode()[: -1 - number])
    small("lstm", path.parent, resume=True)
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    steps = [record["step"] for record in records if record["event"] == "step"]
    assert steps == list(range(1, 25))
    assert [record["step"] for record in records if record["event"] == "valid"] == [4, 8, 12, 16, 20, 24]
    assert [record["resumed_at"] for record in records if record["event"] == "started"] == [None, 4, 8, 16]
    assert records[-1]["event"] == "finished"


def test_a_line_is_cut_only_after_the_save_it_resumes_from(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = [{"event": "step", "step": 5}, {"event": "skipped", "step": 5}, {"event": "saved", "step": 5}]
    after = [{"event": "skipped", "step": 5}, {"event": "step", "step": 6}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines + after), encoding="utf-8")
    with log.Log(path) as opened:
        opened.cut(5)
        opened.add(Saved(6, "\u2028 is no line end"))
    with log.Log(path) as opened:
        opened.cut(6)
    kept = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    assert [(record["event"], record["step"]) for record in kept] == [
        ("step", 5), ("skipped", 5), ("saved", 5), ("saved", 6),
    ]  # fmt: skip


def test_resuming_a_finished_run_changes_nothing(small: Fit, tmp_path: Path) -> None:
    run = small("lstm", tmp_path / "run", ema=0.9)
    again: list[Event] = []
    resumed = small("lstm", tmp_path / "run", resume=True, on_event=again.append)
    assert same(weights(run), weights(resumed))
    assert [type(event) for event in again] == [Started, Finished]


def test_changed_data_is_refused(reviews: Path, tmp_path: Path) -> None:
    data = tmp_path / "reviews.tsv"
    text = reviews.read_text(encoding="utf-8")
    data.write_text(text, encoding="utf-8")
    with pytest.raises(Power):
        fit("classify", str(data), out=str(tmp_path / "run"), on_event=Kill(5), **tiny("bigru"))
    data.write_text(text.replace("dull", "dull,", 1), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"reviews\.tsv or its validation split is not what this run began with"):
        fit("classify", str(data), out=str(tmp_path / "run"), resume=True)
    data.write_text(text, encoding="utf-8")
    fit("classify", str(data), out=str(tmp_path / "run"), resume=True)


def test_changed_text_is_refused(book: Path, tmp_path: Path) -> None:
    data = tmp_path / "book.txt"
    text = book.read_text(encoding="utf-8")
    data.write_text(text, encoding="utf-8")
    with pytest.raises(Power):
        fit("language", str(data), out=str(tmp_path / "run"), on_event=Kill(5), **tiny("lstm"))
    data.write_text(text.replace("hello", "world", 1), encoding="utf-8")  # no new letter
    with pytest.raises(CheckpointError, match="Put the file back, or start a new run from its weights: --init RUN"):
        fit("language", str(data), out=str(tmp_path / "run"), resume=True)


SCRIPT = """
import json, sys, torch
torch.set_num_threads(1)
from seqloom.training.run import fit
options = json.loads(sys.argv[1])
fit(on_event=lambda event: print(event.record().get("step"), flush=True), **options)
"""


@pytest.mark.parametrize("arch", ["lstm", pytest.param("bigru", marks=pytest.mark.slow)])
def test_kill_minus_nine(arch: str, small: Fit, reviews: Path, book: Path, tmp_path: Path) -> None:
    """A process killed for real, at whatever it was doing, goes on to the same end."""
    options = {"steps": 40, "valid_every": 3}
    undisturbed = small(arch, tmp_path / "whole", **options)
    task, data = ("language", str(book)) if arch == "lstm" else ("classify", str(reviews))
    given = {"task": task, "data": data, "out": str(tmp_path / "killed"), **tiny(arch, **options)}
    child = subprocess.Popen([sys.executable, "-c", SCRIPT, json.dumps(given)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == "17":
            time.sleep(random.Random(arch).random() / 100)
            break
    child.kill()
    child.wait()
    child.stdout.close()
    assert not (tmp_path / "killed/MANIFEST.json").exists(), "it was over before the kill"
    assert same(weights(small(arch, tmp_path / "killed", resume=True)), weights(undisturbed))


@pytest.mark.slow
def test_killed_at_twenty_random_steps(small: Fit, tmp_path: Path) -> None:
    """The figure of the foundation: 20 of 20 bit-equal, with dropout, a State, an average and two batches a step."""
    options = {"steps": 30, "valid_every": 7, "ema": 0.95, "accumulate": 2}
    undisturbed = weights(small("lstm", tmp_path / "whole", **options))
    equal = 0
    for step in random.Random(20).sample(range(1, 31), 20):
        folder = tmp_path / str(step)
        with pytest.raises(Power):
            small("lstm", folder, on_event=Kill(step), **options)
        equal += same(weights(small("lstm", folder, resume=True)), undisturbed)
    assert equal == 20
