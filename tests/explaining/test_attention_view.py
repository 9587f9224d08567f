"""The view `attention`: a map for each layer and head under the right words, over pictures too, and why not."""

import json
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from looked import ATTENTION, GRU, KEPT, TRANSFORMER, model_of, subject_on

from seqloom.explaining import attention_view
from seqloom.explaining.attention_view import AttentionView
from seqloom.explaining.subject import Axis
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.report.figures import Bars, Heat, Shaded
from seqloom.training.run import load

WRITES = {
    "encoder": TRANSFORMER,
    "bridge": {"kind": "attention", "score": "multihead", "heads": 2, "size": 8},
    "decoder": TRANSFORMER,
}


def seen(name: str, row: object, **options: object) -> View:
    viewer = AttentionView(**options)  # type: ignore[arg-type]
    subject = subject_of(load(KEPT / f"format-1-{name}"), row)
    assert viewer.refusal(subject) is None
    return viewer.view(subject, print)


def maps(view: View) -> dict[str, Heat]:
    return {figure.title: figure for figure in view.figures if isinstance(figure, Heat)}


def test_a_recurrent_writer_reads_and_copies_under_its_words() -> None:
    view = seen("translate", "개 3 마리가 잔다")
    drawn = maps(view)
    assert list(drawn) == ["decoder, looking at what was read", "heads, where to copy from"]
    for one in drawn.values():
        assert list(one.columns) == ["개", "3", "마리가", "잔다", "∎"] and one.rows[-1] == "∎"
        np.testing.assert_allclose(one.values.sum(-1), 1, atol=1e-5)
    assert drawn["heads, where to copy from"].values[0].argmax() == 1, "the number is copied from where it stands"
    assert (drawn["heads, where to copy from"].values[:, -1] == 0).all(), "the end is not copied"


def test_every_layer_and_head_has_a_map_and_pieces_are_one_word() -> None:
    view = seen("transduce", "바나나")
    drawn = maps(view)
    assert next(iter(drawn)).startswith("decoder layer 1, looking at"), "what is looked at in the source comes first"
    for title in ("encoder layer 1, self-attention", "decoder layer 1, looking at what was read"):
        heads = [drawn[f"{title} · head {number} of 2"].values for number in (1, 2)]
        np.testing.assert_allclose(drawn[f"{title} · mean of 2 heads"].values, np.mean(heads, 0), atol=1e-7)
        assert list(drawn[f"{title} · head 1 of 2"].columns) == ["바", "나", "나", "∎"], "jamo are drawn as syllables"
    raw = view.values["encoder.stack.blocks.0.attention.weights"]
    assert raw.shape == (2, 7, 7), "the arrays have every letter"
    merged = drawn["encoder layer 1, self-attention · head 2 of 2"].values
    np.testing.assert_allclose(merged[1, 2], raw[1, 2:4, 4:6].sum(-1).mean(), atol=1e-6)
    assert any("pieces are put together" in note for note in view.notes)


def test_means_alone_and_some_parts_alone() -> None:
    view = seen("transduce", "바나나", heads="mean", only="decoder.*.cross.*")
    assert list(maps(view)) == ["decoder layer 1, looking at what was read · mean of 2 heads"]
    assert not any(name.startswith("rollout") for name in view.values)


def test_rollout_is_the_product_of_what_is_drawn() -> None:
    view = seen("transduce", "바나나")
    own = view.values["encoder.stack.blocks.0.attention.weights"]
    by_hand = 0.5 * own.mean(0) + 0.5 * np.eye(7)
    np.testing.assert_allclose(view.values["rollout:encoder"], by_hand, atol=1e-7)
    cross = view.values["decoder.stack.blocks.0.cross.reader.weights"]
    read = view.values["rollout:decoder over what was read"]
    np.testing.assert_allclose(read, 0.5 * cross.mean(0) @ by_hand, atol=1e-7)


def test_entropy_is_told_for_every_head() -> None:
    view = seen("transduce", "바나나")
    part = next(one for one in view.facts["parts"] if one["path"].startswith("encoder"))
    weights = view.values[part["path"]]
    nats = -(weights * np.log(weights)).sum(-1).mean(-1)
    np.testing.assert_allclose(part["entropy_nats"], nats, atol=1e-5)
    np.testing.assert_allclose(part["entropy_share"], nats / np.log(7), atol=1e-5)
    (bars,) = [figure for figure in view.figures if isinstance(figure, Bars)]
    assert len(bars.names) == len(bars.values) == 6 and json.dumps(view.facts)


def test_a_head_that_weighs_steps_is_a_map_of_one_row() -> None:
    (drawn,) = maps(seen("classify", "훌륭한 film")).values()
    assert list(drawn.columns) == ["훌륭한", "film"] and drawn.values.shape == (1, 2)


def test_a_caption_looks_at_places_of_its_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    view = seen("caption", picture)
    (shaded,) = [figure for figure in view.figures if isinstance(figure, Shaded)]
    weights = view.values["decoder.wiring.reader.weights"]
    assert shaded.look.words[-1] == "∎" and len(shaded.look.words) == weights.shape[1]
    np.testing.assert_allclose(shaded.look.weights.reshape(weights.shape[1], -1), weights[0])
    assert not maps(view)


@pytest.mark.parametrize(
    ("name", "row", "fix"),
    [("language", "hello", "decoder=transformer"), ("tag", "fly to 서울", "encoder=transformer")],
)
def test_what_attends_nowhere_says_what_would(name: str, row: str, fix: str) -> None:
    subject = subject_of(load(KEPT / f"format-1-{name}"), row)
    assert fix in str(AttentionView().refusal(subject))


def test_what_a_place_receives_is_the_mean_of_what_looks_at_it() -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(4), (2, 4))
    columns = Axis(tuple("abcd"), kind="place", grid=(2, 2))
    subject = SimpleNamespace(raw=np.zeros((4, 4)), answer="cat")
    (figure,) = attention_view._received("map", weights, columns, subject)  # type: ignore[arg-type]
    assert isinstance(figure, Shaded)
    for head in range(2):
        assert figure.look.weights[head].ravel().tolist() == pytest.approx(weights[head].sum(0) / 4)


def test_a_pattern_that_names_nothing_is_refused_with_what_there_is() -> None:
    refused = AttentionView(only="nowhere.*").refusal(subject_on(model_of(GRU, ATTENTION, GRU), 4, 3))
    assert refused is not None and "decoder.wiring.reader.weights" in refused


def test_many_steps_share_cells_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LEAST", 4), ("MOST", 5)):
        monkeypatch.setattr(attention_view, name, value)
    view = AttentionView().view(subject_on(model_of(**WRITES), 12, 9), print)
    drawn = maps(view)["encoder layer 2, self-attention · head 1 of 2"]
    assert drawn.values.shape == (5, 5) and drawn.columns[-1] == "10 … 12"
    np.testing.assert_allclose(drawn.values.sum(-1), 1, atol=1e-5)
    assert any("5 x 5 cells" in note for note in view.notes)
    assert view.values["encoder.stack.blocks.1.attention.weights"].shape == (2, 12, 12)


def test_large_arrays_are_thinned_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = subject_on(model_of(**WRITES), 12, 9)
    whole = AttentionView().view(subject, print).values["encoder.stack.blocks.1.attention.weights"]
    monkeypatch.setattr(attention_view, "ARRAYS", 400)  # of 2 heads x 2 layers x (12 x 12 + 9 x 9 + 9 x 12)
    view = AttentionView().view(subject, print)
    thin = view.values["encoder.stack.blocks.1.attention.weights"]
    assert thin.shape == (2, 6, 6) and any("thinned to 55%" in note for note in view.notes)
    np.testing.assert_allclose(thin, whole.reshape(2, 6, 2, 6, 2).sum(-1).mean(2), atol=1e-6)
    assert sum(view.values[path].size for path in view.values if path.endswith("weights")) <= 400


def test_pieces_of_both_sides_are_put_together() -> None:
    words = (0, 0, 0, 1, 2, 2)
    source = Axis(tuple("abcdef"), words, ("abc", "d", "ef"))
    view = AttentionView().view(subject_on(model_of(GRU, ATTENTION, GRU), 6, 3, {"source": source}), print)
    (drawn,) = maps(view).values()
    raw = view.values["decoder.wiring.reader.weights"][0]
    cuts = [0, 3, 4, 6]
    np.testing.assert_allclose(drawn.values, np.stack([raw[:, a:b].sum(1) for a, b in pairwise(cuts)], 1), atol=1e-6)
    assert list(drawn.columns) == ["abc", "d", "ef"]


def test_the_model_is_as_it_was() -> None:
    model = model_of(**WRITES)
    subject = subject_on(model, 5, 4)
    before = subject.told()
    AttentionView().view(subject, print)
    assert subject.told() == before and not model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())
