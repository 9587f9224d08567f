"""Gates: hand-set cells have the half-lives that they were set to, and every cell shows its gates in input order."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.explaining.gates_view import GatesView
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import DRAWN, View
from seqloom.report.figures import Heat, Table
from seqloom.training.run import Run, fit, load

KEPT = Path(__file__).parents[1] / "kept"
FORWARDS, BACKWARDS = (f"encoder.stack.cells.0.{way}" for way in ("forwards", "backwards"))


def kept(name: str) -> Run:
    return load(KEPT / f"format-1-{name}", say=lambda note: None)


def seen(subject: Subject, **options: Any) -> View:
    viewer = GatesView(**options)
    assert viewer.refusal(subject) is None
    return viewer.view(subject, lambda note: None)


def learnt(folder: Path, arch: str, *settings: str) -> Run:
    folder.mkdir(exist_ok=True)
    path = folder / "reviews.tsv"
    path.write_text("text\tlabel\n" + "good film\tyes\nbad film\tno\n" * 6, encoding="utf-8")
    small = ("source.size=4", "fit.steps=1", "data.valid=0", *settings)
    return fit("classify", str(path), arch=arch, out=str(folder / "run"), settings=small)


def logit(share: float) -> float:
    return math.log(share / (1 - share))


def test_a_hand_set_lstm_has_the_half_lives_it_was_set_to() -> None:
    run = kept("classify")
    wanted = torch.tensor([1.0, 2.0, 5.0, 20.0, 100.0, 1000.0])
    for cell in run.model.modules():
        if isinstance(cell, LSTM):
            with torch.no_grad():
                for weight in cell.weights():
                    weight.zero_()
                cell.b_ih[6:12] = torch.special.logit(0.5 ** (1 / wanted))
    found = seen(subject_of(run, "great great film"))
    for path in (FORWARDS, BACKWARDS):
        np.testing.assert_allclose(found.values[f"{path}.half_life"], wanted.numpy(), rtol=1e-3)
        assert found.facts[path]["half_life"]["longest"] == pytest.approx(1000, rel=1e-3)
        assert found.facts[path]["saturation"]["i"] == {"mean": 0.5, "below_0.1": 0.0, "above_0.9": 0.0}
        assert found.facts[path]["saturation"]["f"]["above_0.9"] == pytest.approx(3 / 6)
    left = found.values[f"{FORWARDS}.highway"]
    np.testing.assert_allclose(left[:, 0], [0.25, 0.5, 1.0], rtol=1e-4)
    np.testing.assert_allclose(found.values[f"{BACKWARDS}.highway"], left[::-1], rtol=1e-6)


def test_gates_are_those_of_the_cells_own_equations() -> None:
    """Worked out by hand for the first step, forwards, and the last, backwards, where the state before is zero."""
    run = kept("translate")
    subject = subject_of(run, "개 3 마리가 달린다", "3 dogs run")
    found = seen(subject)
    model = run.model
    assert model.source is not None
    with torch.no_grad():
        x = model.source(subject.batch.inputs["source"].values)[0]
        for path, step in ((FORWARDS, 0), (BACKWARDS, -1)):
            cell = model.get_submodule(path)
            assert isinstance(cell, GRU)
            gates = (cell.w_ih @ x[step] + cell.b_ih + cell.b_hh)[:16].sigmoid().numpy()
            chosen = np.array(found.facts[path]["units"]) - 1
            np.testing.assert_allclose(found.values[f"{path}.r"][step], gates[:8][chosen], atol=1e-5)
            np.testing.assert_allclose(found.values[f"{path}.z"][step], gates[8:][chosen], atol=1e-5)
    assert "decoder.stack.cells.0.forwards.z" in found.values, "a decoder that attends has gates too"


def test_both_signs_of_z_are_told() -> None:
    found = seen(subject_of(kept("language"), "hello"))
    table = found.figures[0]
    assert isinstance(table, Table)
    rows = {(row[0], row[1]): row[2:] for row in table.rows}
    ours, theirs = rows["decoder layer 2", "z (1 keeps)"], rows["decoder layer 2", "1 - z"]
    assert ours[0] == pytest.approx(1 - theirs[0], abs=2e-3) and [*ours[1:]] == [*theirs[1:]][::-1]
    assert any("Chung et al. 2014 and minGRU write 1 - z" in note for note in found.notes)


@pytest.mark.parametrize(
    ("arch", "gates", "keeper"), [("mgu", "z", "z"), ("mingru", "z", "z"), ("minlstm", "fi", "f"), ("lstm", "ifo", "f")]
)
def test_every_gated_cell(tmp_path: Path, arch: str, gates: str, keeper: str) -> None:
    run = learnt(tmp_path, "lstm", f"encoder={{kind: {arch}, size: 5, layers: 2}}")
    found = seen(subject_of(run, "good film"), units=3)
    for layer in (0, 1):
        path = f"encoder.stack.cells.{layer}.forwards"
        for gate in gates:
            value = found.values[f"{path}.{gate}"]
            assert value.shape == (2, 3) and ((value > 0) & (value < 1)).all()
        assert found.facts[path]["keeps"] == keeper and found.values[f"{path}.half_life"].shape == (5,)
    json.dumps(found.facts, allow_nan=False)


def test_what_has_no_gates_says_where_to_look(tmp_path: Path) -> None:
    said = GatesView().refusal(subject_of(kept("transduce"), "나비"))
    assert said is not None and "no gates" in said and "view attention" in said
    said = GatesView().refusal(subject_of(learnt(tmp_path / "rnn", "rnn"), "good film"))
    assert said is not None and "no gates" in said and "jacobian" in said
    said = GatesView().refusal(subject_of(learnt(tmp_path / "bag", "bag"), "good film"))
    assert said is not None and "saliency" in said
    said = GatesView().refusal(subject_of(kept("classify"), ""))
    assert said is not None and "no steps" in said


def test_a_long_row_is_thinned_and_said() -> None:
    found = seen(subject_of(kept("language"), "hello" * 240, target="x"))
    heat = next(one for one in found.figures if isinstance(one, Heat))
    assert heat.values.shape == (12, DRAWN) and len(heat.columns) == DRAWN
    assert any("steps are drawn as 1000: each stands for the mean" in note for note in found.notes)
