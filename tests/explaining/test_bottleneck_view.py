"""The bottleneck over files: quality by length and reading back, of kept runs and of a model that must forget."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from looked import ATTENTION, GRU, KEPT, TRANSFORMER, model_of

from seqloom.batch import Batch, Field
from seqloom.errors import InputError
from seqloom.explaining.bottleneck_view import BottleneckView
from seqloom.explaining.explain import viewer_of
from seqloom.explaining.passing import carrier, lengths_of, pass_over
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.report.figures import Lines, Table
from seqloom.training.run import fit, load

ROWS = 80
LETTERS = "abcde"


def quiet(note: str) -> None:
    """Say nothing."""


def pairs(path: Path, rows: int, seed: int = 1) -> str:
    """Write rows of letters, to be written again."""
    draw = np.random.default_rng(seed)
    lines = [" ".join(draw.choice(list(LETTERS), draw.integers(2, 9))) for _ in range(rows)]
    path.write_text("source\ttarget\n" + "".join(f"{line}\t{line}\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def kept(tmp_path: Path) -> Subject:
    """A translator with a file of what it learned to translate."""
    draw = np.random.default_rng(4)
    rows = ["ko\ten"]
    for _ in range(ROWS):
        (beast, beasts), (deed, does) = (
            draw.choice([["개", "dogs"], ["새", "birds"]]),
            draw.choice([["잔다", "sleep"], ["달린다", "run"]]),
        )
        many = int(draw.integers(2, 30))
        rows.append(f"{beast} {many} 마리가 {deed}\t{many} {beasts} {does if many % 3 else 'fly away'}")
    path = tmp_path / "sentences.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return subject_of(load(str(KEPT / "format-1-translate")), "개 3 마리가 달린다", data=str(path))


@pytest.mark.slow
def test_long_sources_are_copied_less_well_through_one_vector(tmp_path: Path) -> None:
    """A copier through one small vector that learned for a moment: short rows are easier than long ones."""
    parts: dict[str, Any] = {
        "source": {"tokens": "word", "size": 8},
        "target": {"tokens": "word", "size": 8},
        "encoder": {"size": 12},
        "decoder": {"size": 12},
    }
    run = fit(
        "transduce",
        pairs(tmp_path / "train.tsv", 300),
        arch="gru",
        out=str(tmp_path / "run"),
        valid=0.0,
        metric="loss",
        device="cpu",
        steps=120,
        lr=0.02,
        batch_tokens=512,
        schedule="constant",
        warmup=0,
        **parts,
    )
    copying = subject_of(run, "a b c", data=pairs(tmp_path / "test.tsv", ROWS, seed=2))
    view = look(copying, answers=ROWS, back=6)
    for head in ("words", "own answers"):
        quality = view.facts["quality"][head]
        assert quality["change"]["high"] < 0, "significantly worse at the longest than at the shortest"
        assert sum(one["rows"] for one in quality["bins"]) == quality["rows"] == ROWS
        bins = view.values[f"quality.{head}"]
        assert (bins[:, 0] <= bins[:, 1]).all() and (bins[1:, 0] > bins[:-1, 1]).all()
        assert (bins[:, 4] <= bins[:, 3]).all() and (bins[:, 3] <= bins[:, 5]).all()
    drawn = [one for one in view.figures if isinstance(one, Lines)]
    assert [one.y for one in drawn][-1] == "share of tokens told right" and isinstance(view.figures[0], Table)
    assert drawn[0].ticks is not None and drawn[0].lines[0].low is not None


def look(subject: Subject, **options: Any) -> View:
    return BottleneckView(**options).view(subject, quiet)


def test_the_mean_is_that_of_all_rows_by_hand(kept: Subject) -> None:
    found = pass_over(kept.run, str(kept.data), 1000, 1, quiet)
    what, sums, counts = found.quality["words"]
    data = kept.run.task.evaluation(str(kept.data), quiet, False)
    right = total = 0
    for key in data.order(0):
        batch = data.load(key)
        with torch.no_grad():
            best = kept.run.model(batch)[0]["words"].argmax(-1)
        target = batch.target["words"]
        assert target.mask is not None
        right += int(((best == target.values) & target.mask).sum())
        total += int(target.mask.sum())
    assert (sums.sum(), counts.sum()) == (right, total) and what == "share right"
    assert not found.some and len(found.lengths) == ROWS
    view = look(kept, answers=0)
    assert view.facts["quality"]["words"]["mean"] == pytest.approx(right / total)
    assert "own answers" not in view.facts["quality"]


def test_states_are_those_that_a_run_by_hand_has(kept: Subject) -> None:
    found = pass_over(kept.run, str(kept.data), 1000, 1, quiet)
    assert found.heard is not None and found.place is not None
    assert found.place.path == "encoder.stack.cells.0.forwards"
    model, task = kept.run.model, kept.run.task
    row = int(found.heard.rows[17])
    here = found.heard.rows == row
    ids = torch.tensor(found.heard.read[here])[None]
    batch = Batch({"source": Field(ids, torch.ones(ids.shape, dtype=torch.bool))})
    with torch.no_grad():
        memory, _ = model.encode(batch)
    size = found.heard.states.shape[1]  # the encoder reads both ways, and its outputs hold the forward states first
    assert np.allclose(memory.outputs[0, :, :size].numpy(), found.heard.states[here], atol=1e-6)
    assert task.source.decode(ids[0, :-1].tolist()).split()[2] == "마리가"  # type: ignore[attr-defined]


def test_fewer_rows_are_a_sample_and_it_is_said(kept: Subject) -> None:
    some = pass_over(kept.run, str(kept.data), 1, 1, quiet)
    data = kept.run.task.evaluation(str(kept.data), quiet, False)
    assert some.some == (len(data.order(0)) > 1)
    assert any("sample" in note for note in look(kept, rows=1, answers=0).notes) == some.some


def test_without_a_file_it_says_what_is_missing(kept: Subject) -> None:
    subject = subject_of(kept.run, "개 3")
    said = BottleneckView().refusal(subject)
    assert said is not None and "--data" in said
    assert BottleneckView().refusal(kept) is None


def test_a_number_of_answers_below_none_is_refused() -> None:
    with pytest.raises(InputError, match="answers"):
        viewer_of("bottleneck", {"answers": -1})


def test_a_file_that_is_not_there_is_said(kept: Subject) -> None:
    with pytest.raises(InputError, match="nowhere"):
        look(subject_of(kept.run, "개 3", data="nowhere.tsv"))


CARRIERS: dict[str, tuple[dict[str, Any], str | None]] = {
    "top layer": ({"encoder": {**GRU, "layers": 2}}, "encoder.stack.cells.1.forwards"),
    "both ways": ({"encoder": {**GRU, "bidirectional": True}}, "encoder.stack.cells.0.forwards"),
    "from the end": ({"encoder": {**GRU, "reverse": True}}, "encoder.stack.cells.0.backwards"),
    "pyramid": ({"encoder": {"kind": "pyramid", "size": 4, "layers": 2}}, "encoder.layers.0.cells.0.forwards"),
    "written": ({"encoder": GRU, "bridge": ATTENTION, "decoder": GRU}, "encoder.stack.cells.0.forwards"),
    "language": ({"decoder": {**GRU, "layers": 2}}, "decoder.stack.cells.1.forwards"),
    "transformer": ({"encoder": TRANSFORMER}, None),
}


@pytest.mark.parametrize("kind", CARRIERS)
def test_the_state_that_is_probed(kind: str) -> None:
    parts, path = CARRIERS[kind]
    found = carrier(model_of(**parts))
    assert (None if found is None else found.path) == path


def test_lengths_are_those_of_the_row_that_is_asked_about() -> None:
    model = model_of(encoder=GRU)
    mask = torch.tensor([[True, True, False], [True, False, False]])
    source = Field(torch.full((2, 3), 5).masked_fill(~mask, 0), mask)
    assert lengths_of(model, Batch({"source": source})) == [2, 1]
    which = Field(torch.tensor([1, 0, 0]))
    assert lengths_of(model, Batch({"source": source, "which": which})) == [1, 2, 2]
    assert lengths_of(model, Batch({})) == []


def test_backward_states_are_read_in_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    """A run that reads from the end has, at its last state, just read the first token."""
    parts: dict[str, Any] = {"source": {"tokens": "word", "size": 6}, "target": {"tokens": "word", "size": 6}}
    run = fit(
        "transduce",
        pairs(tmp_path / "a.tsv", 40),
        arch="gru",
        out=str(tmp_path / "run"),
        valid=0.0,
        metric="loss",
        device="cpu",
        steps=2,
        encoder={"size": 6, "reverse": True},
        **parts,
    )
    found = pass_over(run, pairs(tmp_path / "b.tsv", 12, seed=3), 100, 1, quiet)
    assert found.heard is not None
    row = found.heard.rows == 0
    ids = torch.tensor(found.heard.read[row].copy()).flip(0)[None]
    with torch.no_grad():
        memory, _ = run.model.encode(Batch({"source": Field(ids, torch.ones(ids.shape, dtype=torch.bool))}))
    assert np.allclose(memory.outputs[0].flip(0).numpy(), found.heard.states[row], atol=1e-6)


def test_pictures_have_one_length_and_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(5)
    np.savez("pictures.npz", image=draw.integers(0, 255, (12, 12, 12, 3), np.uint8))
    (tmp_path / "questions.tsv").write_text(
        "image\tquestion\tanswer\n" + "".join(f"{n}\twhat colour is it?\tred\n" for n in range(12)), encoding="utf-8"
    )
    run = load(str(KEPT / "format-1-vqa"))
    view = look(subject_of(run, (draw.integers(0, 255, (12, 12, 3), np.uint8), "which way?"), data="questions.tsv"))
    assert any("none is longer" in note for note in view.notes)
    assert any("no state to read back from" in note for note in view.notes)
    assert view.facts["reach"] is None and view.facts["quality"]["label"]["rows"] == 12
