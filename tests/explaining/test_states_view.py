"""States: what a Tape hears, units that were set to follow a pattern, and the same text found again in a file."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from looked import GRU, KEPT, TRANSFORMER, model_of, subject_on

from seqloom.cells import gru
from seqloom.errors import InputError
from seqloom.explaining.states_view import StatesView
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.report.figures import Heat, Lines, Marked, Points, Table
from seqloom.training.run import Run, load

TOP = "decoder.stack.cells.1.forwards"


def kept(name: str) -> Run:
    return load(KEPT / f"format-1-{name}", say=lambda note: None)


def seen(subject: Subject, **options: Any) -> View:
    viewer = StatesView(**options)
    assert viewer.refusal(subject) is None
    return viewer.view(subject, lambda note: None)


def test_trajectories_are_the_models_own() -> None:
    model = model_of(encoder={"kind": "lstm", "size": 5, "bidirectional": True})
    one = subject_on(model, 7)
    found = seen(one, units=3)
    assert model.encoder is not None and model.source is not None
    field = one.batch.inputs["source"]
    with torch.no_grad():
        outputs = model.encoder(model.source(field.values), field.mask, None)[0].outputs[0]
    for number, way in enumerate(("forwards", "backwards")):
        path = f"encoder.stack.cells.0.{way}.h"
        h = outputs[:, 5 * number : 5 * number + 5].numpy()
        units = np.array(found.facts["states"][path]["units"]) - 1
        np.testing.assert_allclose(found.values[path], h[:, units], atol=1e-6)
        assert units.tolist() == np.argsort(-h.std(0))[:3].tolist()
        flat = found.values[f"{path}.projection"]
        away = h - h.mean(0)
        assert (flat**2).sum() / (away**2).sum() == pytest.approx(
            sum(found.facts["states"][path]["variance_of_projection"]), abs=1e-5
        )
        assert f"encoder.stack.cells.0.{way}.c" in found.values
    assert sum(isinstance(figure, Points) for figure in found.figures) == 4
    assert sum(isinstance(figure, Heat) for figure in found.figures) == 4
    json.dumps(found.facts, allow_nan=False)


def quoting(run: Run) -> None:
    """Set unit 5 of the top layer of the language model to hear unit 2 below, and that one the letter w alone."""
    model: Any = run.model
    task: Any = run.task
    (w,) = task.vocabulary.encode("w")
    below, top = (model.decoder.stack.cell(layer, "forwards") for layer in (0, 1))
    assert isinstance(below, gru.GRU) and isinstance(top, gru.GRU)
    with torch.no_grad():
        table = model.target.table.weight
        table[:, 0] = -1.0
        table[w, 0] = 1.0
        for cell, unit, heard in ((below, 2, 0), (top, 5, 2)):
            size = cell.size
            for gate in (0, 1, 2):
                for weight in cell.weights():
                    weight[gate * size + unit] = 0
            cell.b_ih[size + unit] = -20  # z = 0: nothing is kept
            cell.w_ih[2 * size + unit, heard] = 9


def test_a_unit_that_was_set_to_a_pattern_is_found() -> None:
    run = kept("language")
    quoting(run)
    one = subject_of(run, "hello world where we roll low", target="w")
    found = seen(one, pattern="w")
    told = found.facts["patterns"]["matches w"]
    assert told["r"] > 0.99 and told["beyond_chance"]
    assert (told["path"], told["unit"]) in {(f"{TOP}.h", 6), ("decoder.stack.cells.0.forwards.h", 3)}
    title = "matches w: unit"
    (lines,) = [figure for figure in found.figures if isinstance(figure, Lines) and figure.title.startswith(title)]
    unit, pattern = lines.lines
    assert np.corrcoef(unit.y, pattern.y)[0, 1] == pytest.approx(told["r"], abs=1e-5)
    (marked,) = [figure for figure in found.figures if isinstance(figure, Marked) and figure.title.startswith(title)]
    assert "".join(marked.tokens) == "hello world where we roll low" and marked.glue is not None and all(marked.glue)
    (table,) = [figure for figure in found.figures if isinstance(figure, Table)]
    assert {"after a space", "place in the row", "matches w"} <= {row[0] for row in table.rows}
    drawn = {figure.title.split(": unit")[0] for figure in found.figures if isinstance(figure, Lines)}
    assert drawn == {name for name, told in found.facts["patterns"].items() if told["beyond_chance"]}


def test_a_pattern_that_cannot_be_followed_is_said() -> None:
    one = subject_of(kept("language"), "hello world he held")
    assert any("matches everywhere or nowhere" in note for note in seen(one, pattern="zzz").notes)
    still = subject_on(model_of(encoder=GRU), 9)
    assert any("This row is no text" in note for note in seen(still, pattern="x").notes)
    assert "patterns" in seen(still).facts and not seen(still).facts["patterns"]
    with pytest.raises(InputError, match=r"pattern='\(' is no regular expression"):
        StatesView(pattern="(")


def test_wrong_cells_and_steps_are_told(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("hello world", encoding="utf-8")
    one = subject_of(kept("language"), "hello", data=str(path))
    with pytest.raises(InputError, match=r"no cell 'decoder.stack.cells.2.forwards' reads this row; did you mean"):
        seen(one, cell="decoder.stack.cells.2.forwards")
    with pytest.raises(InputError, match=r"step=99, and decoder layer 2 takes 5 steps"):
        seen(one, step=99)
    with pytest.raises(InputError, match=r"step=99"):  # without a file to look through, too
        seen(subject_of(kept("language"), "hello"), step=99)


def test_the_last_state_of_a_backward_direction_is_that_of_the_first_step(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("text\tlabel\ngreat film\t좋음\ndull film\t나쁨\n", encoding="utf-8")
    one = subject_of(kept("classify"), "a great dull film", data=str(path))
    steps = len(one.axes["source"])
    for way, step in (("forwards", steps), ("backwards", 1)):
        assert seen(one, cell=f"encoder.stack.cells.0.{way}").facts["nearest"]["step"] == step > 0
    assert steps > 1 and seen(one, cell="encoder.stack.cells.0.backwards", step=2).facts["nearest"]["step"] == 2


def test_attention_alone_is_refused() -> None:
    said = StatesView().refusal(subject_on(model_of(encoder=TRANSFORMER), 4))
    assert said is not None and "no recurrent states" in said
