"""Recurrent: which cells read the row's steps, what they are called, and that padding is none of their steps."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from looked import ATTENTION, GRU, KEPT, TRANSFORMER, batch_of, model_of, subject_on

from seqloom.explaining.gradients_view import GradientsView
from seqloom.explaining.recurrences import recurrences
from seqloom.explaining.recurrent import heard, none_of, places, running, shown, spread
from seqloom.explaining.subject import Subject, numbered
from seqloom.training.run import load

TITLES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "both": (
        {"encoder": {"kind": "lstm", "size": 4, "bidirectional": "bottom", "layers": 2}},
        ["encoder layer 1, forwards", "encoder layer 1, backwards", "encoder layer 2, forwards"],
    ),
    "backwards": ({"encoder": {"kind": "gru", "size": 4, "reverse": True}}, ["encoder layer 1, backwards"]),
    "pyramid": (
        {"encoder": {"kind": "pyramid", "cell": "gru", "size": 4, "layers": 2}},
        [f"encoder layer {layer}, {way}" for layer in (1, 2) for way in ("forwards", "backwards")],
    ),
    "pair": (
        {"encoder": GRU, "bridge": ATTENTION, "decoder": {"kind": "lstm", "size": 4, "layers": 2}},
        ["encoder layer 1", "decoder layer 1", "decoder layer 2"],
    ),
    "mixed": ({"encoder": TRANSFORMER, "bridge": ATTENTION, "decoder": GRU}, ["decoder layer 1"]),
}


@pytest.mark.parametrize("name", list(TITLES))
def test_cells_are_called_by_their_part_layer_and_direction(name: str) -> None:
    parts, titles = TITLES[name]
    found = places(model_of(**parts))
    assert [place.title for place in found] == titles
    assert all(place.short == place.title[8:] for place in found)


def test_letters_of_words_are_no_steps_of_the_row() -> None:
    """The kept tagger spells its words with an LSTM of its own."""
    model = load(KEPT / "format-1-tag", say=lambda note: None).model
    assert any(path.startswith("source.") and path.endswith("forwards") for path, _ in model.named_modules())
    assert [place.title for place in places(model)] == ["encoder layer 1, forwards", "encoder layer 1, backwards"]
    question = places(load(KEPT / "format-1-vqa", say=lambda note: None).model)
    assert [place.title for place in question] == ["question encoder layer 1"]


def padded(one: Subject) -> Subject:
    """Return the row with two steps of padding after it."""
    batch = batch_of((7,))
    field = one.batch.inputs["source"]
    values, mask = batch.inputs["source"].values.clone(), batch.inputs["source"].mask
    assert mask is not None
    mask = mask.clone()
    mask[:, 5:] = False
    values[:, :5], values[:, 5:] = field.values, 0
    inputs = {**one.batch.inputs, "source": replace(field, values=values, mask=mask)}
    return replace(one, batch=replace(one.batch, inputs=inputs))


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_padding_takes_no_step(kind: str) -> None:
    one = subject_on(model_of(encoder={"kind": kind, "size": 4, "bidirectional": True, "layers": 2}).double(), 5)
    other = padded(one)
    for place in running(one):
        np.testing.assert_allclose(heard(other, place, ("h",))["h"], heard(one, place, ("h",))["h"], atol=1e-6)
    plain, longer = (GradientsView().view(subject, lambda note: None).values for subject in (one, other))
    for path, norm in plain.items():
        np.testing.assert_allclose(longer[path], norm, rtol=1e-5)
    assert [len(found) for found in recurrences(other)] == [5] * 4


def test_a_row_without_steps_and_a_model_without_cells() -> None:
    empty = replace(subject_on(model_of(encoder=GRU), 3), batch=batch_of((0, 3)).first(1))
    assert running(empty) == []
    said = none_of(empty, "gates")
    assert said is not None and "no steps" in said
    bag = none_of(subject_on(model_of(encoder={"kind": "bag"}), 3), "gates")
    assert bag is not None and "view saliency" in bag
    assert none_of(subject_on(model_of(encoder=GRU), 3), "gates") is None


def test_a_long_axis_is_drawn_in_spans() -> None:
    spans, names, said = shown(numbered(2500))
    assert len(spans) == len(names) == 1000 and names[0] == "1 … 2" and "2500 steps are drawn as 1000" in said[0]
    assert shown(numbered(3)) == ([(0, 1), (1, 2), (2, 3)], ["1", "2", "3"], [])


def test_units_are_spread_from_the_least_to_the_most() -> None:
    worth = np.array([5.0, np.inf, 0.0, 3.0, 4.0])
    assert spread(worth, 3).tolist() == [2, 4, 1] and spread(worth, 9).tolist() == [2, 3, 4, 0, 1]
