"""From a spec to a model: parts from tables, sizes from neighbours, contradictions refused with the fix."""

import re
from typing import Any

import pytest
import torch
from torch import nn

from seqloom.build import Wiring, build
from seqloom.errors import InputError
from seqloom.heads.numbers import NumberShape
from seqloom.layers.embedding import TokenEmbedding
from seqloom.refuse import refuse
from seqloom.spec import SideSpec, Spec, parse

WIRING = Wiring(source=9, target=9, labels={"label": (["a", "b", "c"], [3, 2, 1])})


def spec(**changes: Any) -> Spec:
    given: dict[str, Any] = {
        "task": "classify",
        "source": SideSpec(size=3),
        "encoder": {"kind": "bilstm", "size": 4},
        "heads": {"label": {"kind": "label"}},
    }
    return Spec(**{**given, **changes})


def language(**changes: Any) -> Spec:
    given: dict[str, Any] = {
        "task": "language",
        "target": SideSpec(size=3),
        "decoder": {"kind": "gru", "size": 4},
        "heads": {"words": {"kind": "tokens"}},
    }
    return Spec(**{**given, **changes})


def test_sizes_follow_from_the_neighbours() -> None:
    model = build(spec(), WIRING)
    assert isinstance(model.source, TokenEmbedding) and model.source.vocabulary == 9
    assert model.encoder is not None and model.encoder.output_size == 8
    assert model.encoder.stack.cell(0, "forwards").input_size == 3  # type: ignore[union-attr, operator]
    assert model.heads["label"].out.weight.shape == (3, 8)  # type: ignore[union-attr]
    onehot = build(spec(source=SideSpec(embed="onehot")), WIRING)
    assert onehot.encoder.stack.cell(0, "forwards").input_size == 9  # type: ignore[union-attr, operator]
    written = build(language(), WIRING)
    assert written.encoder is None and written.source is None
    assert written.heads["words"].weight.shape == (9, 4)


def test_options_of_a_side_reach_its_embedding() -> None:
    model = build(spec(source=SideSpec(size=5, freeze=True, dropout=0.3)), WIRING)
    assert isinstance(model.source, TokenEmbedding) and model.source.table is not None
    assert model.source.size == 5 and model.source.drop == 0.3 and not model.source.table.weight.requires_grad


def test_vectors_decide_the_width() -> None:
    vectors = torch.arange(18.0).view(9, 2)
    model = build(spec(source=SideSpec(vectors="words.vec")), Wiring(9, None, WIRING.labels, {"source": vectors}))
    assert isinstance(model.source, TokenEmbedding) and model.source.table is not None
    assert model.source.size == 2 and torch.equal(model.source.table.weight[1:], vectors[1:])


def test_a_tied_side_shares_one_weight() -> None:
    model = build(language(target=SideSpec(size=4, tie=True)), WIRING)
    assert isinstance(model.target, TokenEmbedding) and model.target.table is not None
    assert model.heads["words"].weight is model.target.table.weight
    projected = build(language(target=SideSpec(size=3, tie=True)), WIRING)
    assert isinstance(projected.heads["words"].adapt, nn.Linear)
    apart = build(language(target=SideSpec(size=4)), WIRING)
    assert isinstance(apart.target, TokenEmbedding) and apart.target.table is not None
    assert apart.heads["words"].weight is not apart.target.table.weight


def test_several_labels_are_the_targets_choice() -> None:
    one, many = build(spec(), WIRING), build(spec(target=SideSpec(multilabel=",")), WIRING)
    assert not one.heads["label"].multilabel and many.heads["label"].multilabel


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (spec(encoder=None), "a model needs an encoder or a decoder: choose --arch, or -s encoder=..."),
        (spec(heads={}), "a model needs a head: heads: {label: {kind: label}}, say."),
        (spec(encoder={"size": 3}), "encoder needs a kind, such as encoder: {kind: lstm}; given: {'size': 3}."),
        (spec(heads={"label": {}}), "label needs a kind, such as label: {kind: label}; given: {}."),
        (spec(bridge={"kind": "attention"}), "a bridge joins an encoder to a decoder, and this task has only one"),
        (
            language(target=SideSpec(tie=True, embed="onehot")),
            "target.tie shares an embedding that learns; take embed: learned and freeze: false.",
        ),
        (language(target=SideSpec(tie=True, freeze=True)), "target.tie shares an embedding that learns"),
        (
            spec(source=SideSpec(embed="onehot", vectors="words.vec")),
            "source.vectors are for embed: learned, one-hot has no table to fill.",
        ),
        (
            spec(heads={"label": {"kind": "labels"}}),
            "unknown head 'labels'; did you mean 'label'? Known: copy, crf",
        ),
        (spec(heads={"label": {"kind": "label", "drop": 1}}), "head label (label) has no option 'drop'"),
        (spec(heads={"words": {"kind": "tokens"}}), "head words: tokens are written by a decoder, and this model has"),
        (spec(heads={"mood": {"kind": "label"}}), "head mood: this task has no labels of that name; it has label."),
        (spec(encoder={"kind": "lstmm"}), "unknown encoder 'lstmm'; did you mean"),
        (language(decoder={"kind": "bigru"}), "a decoder cannot be 'bigru'"),
    ],
)
def test_contradictions_are_refused_with_the_fix(given: Spec, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        build(given, WIRING)


def test_a_source_has_no_output_to_tie() -> None:
    with pytest.raises(
        InputError, match=r"source\.tie shares the target's embedding, and only a decoder's side has one"
    ):
        heads = {"y": {"kind": "label"}}
        refuse(parse({"task": "x", "source": {"tie": True}, "encoder": {"kind": "bag"}, "heads": heads}))


SERIES = Wiring(features=2, numbers={"value": NumberShape(horizon=3)}, labels={"tag": (["a", "b"], [1, 1])})


def series(heads: dict[str, Any], encoder: str = "gru", **keys: Any) -> Spec:
    return parse(
        {
            "task": "forecast",
            "source": {"tokens": "series", "size": 3},
            "series": keys,
            "encoder": {"kind": encoder, "size": 4},
            "heads": heads,
        }
    )


STEPS = {"value": {"kind": "point", "reads": "steps"}}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (series(STEPS, patch=4, scale="none"), "head value: point answers at every step, and series.patch=4 reads so"),
        (series({"tag": {"kind": "tags"}}, patch=4, scale="none"), "head tag: tags answers at every step, and series."),
        (
            series(STEPS, scale="window"),
            "head value: at every step it tells the steps after it, and series.scale=window",
        ),
        (
            series(STEPS, "bigru", scale="none"),
            "head value: at every step it tells the steps after it, and this encoder",
        ),
    ],
)
def test_no_step_tells_what_it_has_seen(spec: Spec, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        build(spec, SERIES)


def test_series_are_read_step_by_step_or_in_patches() -> None:
    read = build(series(STEPS, scale="none"), SERIES)
    assert read.causal and read.source.patch == 1 and read.heads["value"].shape == NumberShape(horizon=3)
    whole = {"value": {"kind": "normal"}}
    patched = build(series(whole, "bigru", patch=4, stride=2, scale="window"), SERIES)
    assert (patched.source.patch, patched.source.stride) == (4, 2) and patched.scaling.channels == 1
    assert build(series({"tag": {"kind": "tags"}}, "bigru", scale="none"), SERIES).scaling is None


def test_a_head_of_numbers_after_a_decoder_tells_a_step_each() -> None:
    given = {
        "task": "forecast",
        "source": {"tokens": "series", "size": 3},
        "target": {"size": 3},
        "series": {"scale": "window", "form": "sequence"},
        "encoder": {"kind": "gru", "size": 4},
        "bridge": {"kind": "attention"},
        "decoder": {"kind": "gru", "size": 5},
        "heads": {"value": {"kind": "point"}},
    }
    wiring = Wiring(features=2, numbers={"value": NumberShape(horizon=3, channels=2, known=1)}, written=3)
    model = build(parse(given), wiring)
    assert model.heads["value"].shape.written and model.heads["value"].out.weight.shape == (2, 5)
    assert model.target.matrix.weight.shape == (3, 3)


def test_numbers_are_told_where_there_are_numbers() -> None:
    with pytest.raises(InputError, match="head other: point tells numbers, and this task has none"):
        build(series({"other": {"kind": "point"}}, scale="none"), SERIES)
    with pytest.raises(InputError, match=r"series\.scale=window needs one head of numbers"):
        build(series({"tag": {"kind": "tags"}}, scale="window"), Wiring(features=2, labels=SERIES.labels))


def test_a_part_that_nothing_feeds_is_refused() -> None:
    both = {"encoder": {"kind": "gru"}, "decoder": {"kind": "gru"}, "bridge": {"kind": "attention"}}
    with pytest.raises(InputError, match="a decoder hears what it writes, and this task writes nothing: leave it"):
        build(spec(target=SideSpec(), **both), Wiring(source=9, labels=WIRING.labels))
    with pytest.raises(InputError, match="an encoder reads a source, and this task has none: leave it and the bridge"):
        build(language(source=SideSpec(), **both), Wiring(target=9))


def test_a_head_may_count_for_less_than_the_others() -> None:
    heads = {"label": {"kind": "label"}, "mood": {"kind": "label", "weight": 0.5}}
    labels = {**WIRING.labels, "mood": (["x", "y"], [1, 1])}
    model = build(spec(heads=heads), Wiring(source=9, labels=labels))
    assert model.weights == {"label": 1.0, "mood": 0.5}
    for wrong in (0, -1, "much", True, float("inf")):
        with pytest.raises(InputError, match=r"heads\.label\.weight=.* cannot be used: a number above 0"):
            build(spec(heads={"label": {"kind": "label", "weight": wrong}}), WIRING)
