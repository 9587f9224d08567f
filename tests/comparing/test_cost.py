"""What a run costs, of the kept run of every task."""

import importlib.util
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.comparing.cost import cost_of
from seqloom.comparing.cost_rows import rows_of
from seqloom.comparing.cost_speed import latency_of, speed_of
from seqloom.errors import InputError
from seqloom.tasks.parts import TEST
from seqloom.training.run import Run, fit, load

KEPT = Path(__file__).parents[1] / "kept"
FILES = {
    "classify": ("reviews.tsv", "reviews"),
    "regress": ("curves.ts", "curves"),
    "tag": ("slots.txt", "slots"),
    "language": ("book.txt", "book"),
    "translate": ("sentences.tsv", "sentences"),
    "transduce": ("sounds.tsv", "sounds"),
    "forecast": ("months.csv", "months"),
    "transcribe": ("sounds.npz", None),
    "caption": ("captions.tsv", None),
    "vqa": ("questions.tsv", None),
}
NAMES = {
    *("seconds", "steps", "tokens", "memory", "cuda_memory", "parameters", "parameters_without_embeddings"),
    *("flops_forward", "flops_train", "train_tokens_per_second", "predict_tokens_per_second"),
    *("latency_p50", "latency_p95", "threads", "horizon", "horizon_about"),
}


def made(name: str) -> Any:
    """Return a module beside the kept runs."""
    found = importlib.util.spec_from_file_location(f"kept_{name}", KEPT / f"{name}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of what the kept runs were trained on."""
    place = tmp_path_factory.mktemp("kept")
    written = made("make")
    for name, maker in FILES.values():
        if maker is not None:
            (place / name).write_text(getattr(written, maker)(), encoding="utf-8")
    made("made_media").write(place)
    return place


def kept(task: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, str]:
    monkeypatch.chdir(folder)
    return load(KEPT / f"format-1-{task}"), FILES[task][0]


@pytest.mark.parametrize("task", FILES)
def test_every_task_has_its_costs(task: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, data = kept(task, folder, monkeypatch)
    notes: list[str] = []
    course = {"seconds": 4.5, "steps": 60, "tokens": 900, "tokens_per_second": 123.0}
    found = cost_of(run, course, notes.append, on=data, seconds=0.05)
    assert set(found) == NAMES and notes == []
    assert [found[name] for name in ("seconds", "steps", "tokens", "train_tokens_per_second")] == [4.5, 60, 900, 123.0]
    assert 0 < found["parameters_without_embeddings"] <= found["parameters"] == run.model.parameter_count()
    assert (found["parameters_without_embeddings"] < found["parameters"]) == (task not in NUMBERS)
    assert found["flops_forward"] > 0 and 2 < found["flops_train"] / found["flops_forward"] <= 3
    assert found["predict_tokens_per_second"] > 0 and 0 < found["latency_p50"] <= found["latency_p95"]
    assert found["memory"] > 10 << 20 and found["cuda_memory"] is None and found["threads"] == 1
    if task == "transduce":
        assert (found["horizon"], found["horizon_about"]) == (None, "attention sees every step")
    else:
        assert found["horizon"] is None or found["horizon"] > 0
        assert found["horizon"] or found["horizon_about"]


NUMBERS = ("regress", "forecast", "transcribe")
"""Kept runs that have no embedding."""


def test_a_row_alone_has_its_own_tokens_and_no_padding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for task in FILES:
        run, data = kept(task, folder, monkeypatch)
        for batch in rows_of(run, data, lambda note: None).batches:
            assert {len(field.values) for field in batch.inputs.values()} == {1}
            fields = (*batch.inputs.values(), *batch.target.values())
            masks = [field.mask for field in fields if field.mask is not None]
            if task == "language":  # a window is read as a whole, whatever of it is scored
                assert batch.tokens == batch.inputs["target"].values.shape[1] >= int(masks[0].sum()) > 0
                continue
            assert all(bool(mask.all()) for mask in masks), task
            counts = [int(mask.sum()) for mask in masks]
            assert batch.tokens in counts or task == "transcribe", (task, batch.tokens, counts)


def test_words_are_counted_of_what_writes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, data = kept("translate", folder, monkeypatch)
    rows = rows_of(run, data, lambda note: None)
    asked: list[int] = []
    plain = Run.predict

    def predict(self: Run, some: Any, **more: Any) -> Any:
        asked.append(len(list(some)))
        return plain(self, some, **more)

    monkeypatch.setattr(Run, "predict", predict)
    ticks = iter(range(1000))
    monkeypatch.setattr("seqloom.comparing.cost_speed.time.perf_counter", lambda: float(next(ticks)))
    told = speed_of(run, rows, 0.0)
    assert asked == [1, len(rows.asked)]
    answers = plain(run, rows.asked)
    written = sum(len(one.hypotheses[0].tokens) + one.hypotheses[0].finished for one in answers)
    assert told == written / 2, "two looks at the clock after the first"


def test_latency_is_of_different_rows_after_the_first_calls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, data = kept("classify", folder, monkeypatch)
    rows = rows_of(run, data, lambda note: None)
    assert len(rows.asked) == 60
    asked: list[Any] = []

    def predict(self: Run, some: Any, **more: Any) -> Any:
        asked.extend(some)
        return iter(())

    monkeypatch.setattr(Run, "predict", predict)
    found = latency_of(run, rows, 60.0)
    assert len(asked) == 203 and len({str(one) for one in asked}) == 32
    assert found["latency_p95"] is not None and found["latency_p95"] >= (found["latency_p50"] or 0)
    ticks = count(0, 0.25)
    monkeypatch.setattr("seqloom.comparing.cost_speed.time.perf_counter", lambda: next(ticks))
    assert latency_of(run, rows, 1e9) == {"latency_p50": 250, "latency_p95": 250}, "milliseconds of a quarter second"


def test_rows_that_cannot_be_asked_for_leave_the_model_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, data = kept("classify", folder, monkeypatch)
    rows = rows_of(run, data, lambda note: None)
    monkeypatch.setattr(run.task, "rows_of", _nothing)
    notes: list[str] = []
    alone = rows_of(run, data, notes.append)
    assert alone.asked == [] and len(alone.batches) == len(rows.batches)
    assert notes == ["latency is that of the model alone, for rows could not be read to be answered: no such thing"]
    assert (latency_of(run, alone, 0.0)["latency_p50"] or 0) > 0


def _nothing(path: str, say: Any) -> Any:
    raise InputError("no such thing")


def test_rows_are_those_held_out_and_of_two_files_the_first_is_asked(tmp_path: Path) -> None:
    one, other = tmp_path / "긴.ko", tmp_path / "긴.en"
    one.write_text("".join(f"새 {n} 마리\n" for n in range(20)), encoding="utf-8")
    other.write_text("".join(f"{n} birds\n" for n in range(20)), encoding="utf-8")
    sizes: dict[str, Any] = {"source": {"size": 4, "tokens": "word"}, "target": {"size": 4, "tokens": "word"}}
    sizes |= {part: {"size": 4} for part in ("encoder", "bridge", "decoder")}
    run = fit(
        "translate",
        f"{one},{other}",
        arch="gru",
        valid=0.0,
        settings=["data.test=0.3", "decode.max_length=3"],
        out=str(tmp_path / "run"),
        steps=2,
        device="cpu",
        **sizes,
    )
    notes: list[str] = []
    rows = rows_of(run, None, notes.append)
    held = {row for batch in rows.batches for row in batch.rows}
    assert held and len(rows.data.order(0)) == len(run.task.evaluation(TEST, notes.append, False).order(0))
    assert rows.asked[0] == ["새 0 마리"] and len(rows.asked) == 20
    torch.set_num_threads(2)
    try:
        found = cost_of(run, {}, notes.append, seconds=0.0)
        assert (found["train_tokens_per_second"], found["threads"], torch.get_num_threads()) == (None, 1, 2)
    finally:
        torch.set_num_threads(1)
    with pytest.raises(InputError, match="held nothing out"):
        run.spec.data.test = None
        rows_of(run, None, notes.append)
