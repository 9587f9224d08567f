"""Gradients: what finite differences say of a state that is moved by a Patch, whatever the window; nothing is left."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from seqloom.explaining.gradients_view import GradientsView, _Following, state_gradients
from seqloom.explaining.recurrent import running
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.report.figures import Heat, Lines
from seqloom.tape import Patch
from seqloom.training.run import Run, fit, load

KEPT = Path(__file__).parents[1] / "kept"
ROWS = {
    "classify": ("great dull film", None),
    "language": ("hello wor", None),
    "tag": ("fly to New York", None),
    "translate": ("개 3 마리가 달린다", "3 dogs run"),
}


def kept(name: str) -> Run:
    return load(KEPT / f"format-1-{name}", say=lambda note: None)


def subject(name: str) -> Subject:
    run = kept(name)
    run.model.double()
    row, target = ROWS[name]
    found = subject_of(run, row, target=target)
    if name == "classify":  # its own score is worked out in single precision
        return replace(found, score=lambda outputs: outputs["label"][0].log_softmax(-1)[1])
    return found


def seen(subject: Subject, **options: Any) -> View:
    viewer = GradientsView(**options)
    assert viewer.refusal(subject) is None
    return viewer.view(subject, lambda note: None)


def moved(step: int, unit: int, by: float) -> Callable[[Tensor], Tensor]:
    """Return a change of one unit in the so-maniest call, in the order in which the cell reads."""
    calls = [0]

    def change(value: Tensor) -> Tensor:
        calls[0] += 1
        if calls[0] != step + 1:
            return value
        value = value.clone()
        value[0, unit] += by
        return value

    return change


@pytest.mark.parametrize("name", list(ROWS))
def test_they_are_what_moving_a_state_does(name: str) -> None:
    """Every state that is recorded, at the first, a middle and the last step, unit by unit."""
    one, tiny = subject(name), 1e-5
    norms, _, reached = state_gradients(one, 1000)
    assert reached
    for place in running(one):
        for part in place.cell.parts:
            path = f"{place.path}.{part}"
            length = len(norms[path])
            for step in {0, length // 2, length - 1}:
                parts = []
                for unit in range(place.cell.size):
                    ends = []
                    for sign in (1, -1):
                        with Patch(one.run.model, {path: moved(step, unit, sign * tiny)}):
                            ends.append(one.told())
                    parts.append((ends[0] - ends[1]) / (2 * tiny))
                at = length - 1 - step if place.way == "backwards" else step
                wanted = np.linalg.norm(parts)
                assert norms[path][at] == pytest.approx(wanted, rel=1e-5, abs=1e-8), f"{path} at {step}"
                assert wanted > 0 or part == "h", "some state at this step matters"


def test_a_window_follows_the_end_of_each_direction_alone() -> None:
    for name in ("language", "classify"):
        one = subject(name)
        whole, some = state_gradients(one, 1000)[0], state_gradients(one, 2)[0]
        for place in running(one):
            for part in place.cell.parts:
                path = f"{place.path}.{part}"
                ends = slice(None, 2) if place.way == "backwards" else slice(-2, None)
                np.testing.assert_allclose(some[path][ends], whole[path][ends], rtol=1e-6)
                assert np.isnan(some[path]).sum() == len(whole[path]) - 2
    found = seen(subject("language"), window=2)
    assert any("the last 2 steps that each direction reads are followed" in note for note in found.notes)
    for told in found.facts["states"].values():
        assert told["first_step"] is None and told["last_step"] > 0 and told["largest_at"] >= told["steps"] - 1


def test_nothing_is_left_on_the_model() -> None:
    one = subject("classify")
    frozen = next(one.run.model.parameters())
    frozen.requires_grad_(False)
    before = [parameter.requires_grad for parameter in one.run.model.parameters()]
    seen(one)
    assert [parameter.requires_grad for parameter in one.run.model.parameters()] == before
    assert all(parameter.grad is None for parameter in one.run.model.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in one.run.model.modules())
    broken = replace(one, score=lambda outputs: outputs["nothing"])
    with pytest.raises(KeyError):
        state_gradients(broken, 10)
    assert [parameter.requires_grad for parameter in one.run.model.parameters()] == before


def test_a_score_of_no_state_has_none() -> None:
    one = subject("classify")
    still = replace(one, score=lambda outputs: outputs["label"].detach().sum())
    found = seen(still)
    assert found.facts["reached"] is False and all(not value.any() for value in found.values.values())
    assert any("does not depend on any state" in note for note in found.notes)
    json.dumps(found.facts, allow_nan=False)


def test_figures_hold_every_state_of_an_axis() -> None:
    found = seen(subject("translate"))
    lines = [one for one in found.figures if isinstance(one, Lines)]
    assert [len(one.lines) for one in lines] == [2, 1] and all(one.y_scale == "log" for one in lines)
    (heat,) = [one for one in found.figures if isinstance(one, Heat)]
    assert list(heat.rows) == ["h, layer 1, forwards", "h, layer 1, backwards"]
    np.testing.assert_allclose(10 ** heat.values[0], found.values["encoder.stack.cells.0.forwards.h"])


def test_what_has_no_states_says_so() -> None:
    said = GradientsView().refusal(subject_of(kept("transduce"), "나비"))
    assert said is not None and "no gradients by states" in said and "view attention" in said


@pytest.mark.parametrize("wiring", ["luong", "gnmt"])
def test_every_layer_of_a_decoder_that_attends(tmp_path: Path, wiring: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{n}{n}\t{n}\n" for n in range(1, 9)), encoding="utf-8")
    settings = ("decoder.layers=2", "encoder.size=6", "decoder.size=6", "bridge.size=6", f"decoder.wiring={wiring}")
    options: dict[str, Any] = {"settings": (*settings, "fit.steps=1", "data.valid=0"), "out": str(tmp_path / "run")}
    run = fit("transduce", str(path), arch="bahdanau", **options)
    found = seen(subject_of(run, "1212", target="21"))
    for layer in (0, 1):
        value = found.values[f"decoder.stack.cells.{layer}.forwards.h"]
        assert value.shape == (3,) and (value > 0).all()
    assert (found.values["encoder.stack.cells.0.forwards.h"] > 0).all()


def test_what_comes_before_the_window_holds_no_graph() -> None:
    """So that memory grows with the window alone, even where a layer below is followed there."""
    follow = _Following(2)
    past = Tensor([1.0]).requires_grad_() * 2
    assert [follow(past).requires_grad for _ in range(2)] == [False, False]
    assert follow(past) is past, "what needs a gradient already keeps its own"
    begun = follow(Tensor([1.0]))
    assert begun.requires_grad and begun.is_leaf


def test_states_of_two_sides_are_drawn_apart_though_they_have_as_many_steps() -> None:
    found = subject_of(kept("translate"), "개 3 마리가 달린다", target="3 dogs run")
    steps = len(found.axes["source"])
    words = " ".join(["dogs"] * steps)
    found = next(
        one
        for count in range(1, 4 * steps)
        if len((one := subject_of(kept("translate"), "개 3 마리가 달린다", target=words[:count])).axes["target"])
        == steps
    )
    drawn = [one for one in seen(found).figures if isinstance(one, Lines)]
    assert [one.title.rpartition(" ")[2] for one in drawn] == ["(source)", "(target)"]
    assert list(drawn[1].ticks) != list(drawn[0].ticks)
    assert all(line.name.startswith("decoder") for line in drawn[1].lines)
