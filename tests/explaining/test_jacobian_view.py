"""Jacobian: norms of dense products, verdicts of networks whose fate is known, and what a wide State costs."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from looked import ATTENTION, GRU, TRANSFORMER, model_of, subject_on

from seqloom.cells.rnn import RNN
from seqloom.explaining.jacobian import carried, jacobians
from seqloom.explaining.jacobian_view import JacobianView
from seqloom.explaining.recurrences import recurrences
from seqloom.explaining.subject import Subject
from seqloom.explaining.view import View
from seqloom.layers.stack import RecurrentStack
from seqloom.model import SequenceModel
from seqloom.report.figures import Lines, Table


def seen(subject: Subject, **options: Any) -> View:
    viewer = JacobianView(**options)
    assert viewer.refusal(subject) is None
    return viewer.view(subject, lambda note: None)


def stack(model: SequenceModel) -> RecurrentStack:
    return next(part for part in model.modules() if isinstance(part, RecurrentStack))


def test_norms_are_those_of_the_dense_product() -> None:
    model = model_of(encoder={"kind": "lstm", "size": 3, "layers": 2}).double()
    one = subject_on(model, 9)
    found = seen(one)
    assert model.source is not None
    with torch.no_grad():
        dense = jacobians(stack(model), model.source(one.batch.inputs["source"].values)[0])
    np.testing.assert_allclose(found.values["encoder.stack.norms"], carried(dense).numpy(), rtol=1e-9)
    wanted = [float(torch.linalg.matrix_norm(step, 2)) for step in dense]
    np.testing.assert_allclose(found.values["encoder.stack.largest"], wanted, rtol=1e-9)
    facts = found.facts["encoder.stack"]
    assert facts["state"] == 12 and facts["steps"] == facts["followed"] == 9 and facts["sampled"] == 9
    json.dumps(found.facts, allow_nan=False)


@pytest.mark.parametrize(("scale", "verdict"), [(0.5, "vanishing"), (1.0, "kept"), (1.2, "exploding")])
def test_a_plain_network_has_the_fate_of_its_matrix(scale: float, verdict: str) -> None:
    """Without inputs h stays 0, where the slope of tanh is 1: what is left is the matrix alone."""
    model = model_of(encoder={"kind": "rnn", "size": 4}).double()
    cell = stack(model).cell(0, "forwards")
    assert isinstance(cell, RNN)
    turn = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64))[0]
    with torch.no_grad():
        for weight in cell.weights():
            weight.zero_()
        cell.w_hh.copy_(scale * turn)
    found = seen(subject_on(model, 30))
    facts, split = found.facts["encoder.stack"], found.facts["encoder.stack.cells.0.forwards split"]
    assert facts["verdict"] == verdict and facts["factor"] == pytest.approx(scale, abs=1e-9)
    assert facts["slope"] == pytest.approx(math.log(scale), abs=1e-9)
    if scale < 1:
        assert facts["horizon"] == pytest.approx(math.log(0.01) / math.log(scale))
    assert split["mean_slope"] == 1 and split["activation"] == "tanh"
    assert split["W_hh_norm"] == pytest.approx(scale) and split["W_hh_radius"] == pytest.approx(scale)
    tables = [one for one in found.figures if isinstance(one, Table)]
    assert tables[0].rows[0][2] == verdict and len(tables) == 2


def test_the_slope_of_the_activation_is_shown_step_by_step() -> None:
    model = model_of(encoder={"kind": "rnn", "size": 4, "bidirectional": True}).double()
    one = subject_on(model, 6)
    slope = seen(one).values["encoder.stack.cells.0.backwards.slope"]
    assert model.encoder is not None and model.source is not None
    with torch.no_grad():
        field = one.batch.inputs["source"]
        h = model.encoder(model.source(field.values), field.mask, None)[0].outputs[0, :, 4:]
    np.testing.assert_allclose(slope, (1 - h**2).mean(1).numpy(), rtol=1e-5)


def test_a_long_row_is_sampled_and_said() -> None:
    model = model_of(decoder={"kind": "gru", "size": 4})
    found = seen(subject_on(model, target=130), steps=40, samples=10)
    facts = found.facts["decoder.stack"]
    assert facts["steps"] == 130 and facts["followed"] == 40 and facts["sampled"] == 10
    assert found.values["decoder.stack.distances"].tolist() == list(range(1, 41))
    sampled = found.values["decoder.stack.sampled"]
    assert sampled.tolist() == list(range(7, 131, 13)), "the middle of each stretch, counted from 1"
    assert any("of 130 steps the last 40 are followed back" in note for note in found.notes)
    whole = seen(subject_on(model, target=130), steps=500)
    assert whole.facts["decoder.stack"]["followed"] == 130
    assert any("norms are taken at 64 of 130 distances" in note for note in whole.notes)
    at = whole.values["decoder.stack.distances"].tolist()
    near = [place for place, distance in enumerate(at) if distance <= 40]
    np.testing.assert_allclose(
        whole.values["decoder.stack.norms"][near],
        found.values["decoder.stack.norms"][[int(at[place]) - 1 for place in near]],
        rtol=1e-4,
    )


def test_a_decoder_is_one_recurrence_with_what_it_attends() -> None:
    parts = {"encoder": GRU, "bridge": ATTENTION, "decoder": {"kind": "gru", "wiring": "luong", "size": 4}}
    found = seen(subject_on(model_of(**parts), 5, 6))
    assert found.facts["decoder"]["state"] == 8, "h, and what is fed back"
    assert found.facts["encoder.stack"]["state"] == 6
    (fall, single) = [figure for figure in found.figures if isinstance(figure, Lines)]
    assert [line.name for line in fall.lines] == ["encoder", "decoder with its attention"] and fall.y_scale == "log"
    assert [len(line.x) for line in single.lines] == [5, 6]


def test_one_step_has_no_slope() -> None:
    found = seen(subject_on(model_of(encoder=GRU), 1))
    assert found.facts["encoder.stack"]["verdict"] is None and any("no slope" in note for note in found.notes)
    few, more = seen(subject_on(model_of(encoder=GRU), 19)), seen(subject_on(model_of(encoder=GRU), 20))
    assert any("a slope over 19 steps is that of a beginning" in note for note in few.notes) and not more.notes


def test_nothing_is_left_on_the_model() -> None:
    model = model_of(encoder=GRU, bridge=ATTENTION, decoder={"kind": "lstm", "size": 4})
    subject = subject_on(model, 4, 3)
    assert recurrences(subject)
    seen(subject)
    assert all(one.grad is None and one.requires_grad for one in model.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())


def test_attention_alone_is_refused() -> None:
    said = JacobianView().refusal(subject_on(model_of(encoder=TRANSFORMER), 4))
    assert said is not None and "no Jacobians" in said and "use the view attention" in said
