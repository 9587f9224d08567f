"""Attended: every attention is heard, sums to 1, never sees what is masked, and is the same thinned or whole."""

from typing import Any

import numpy as np
import pytest
import torch
from looked import ATTENTION, GRU, TRANSFORMER, batch_of, model_of, subject_on

from seqloom.bridges import SCORES
from seqloom.explaining import attended as attending
from seqloom.explaining.attended import attended, attention_parts
from seqloom.explaining.subject import Axis
from seqloom.tape import Tape

EVERY: dict[str, dict[str, Any]] = {
    **{
        f"{score}, {decoder['kind']}": {
            "encoder": GRU,
            "bridge": {"kind": "attention", "score": score, **({"heads": 2} if score == "multihead" else {})},
            "decoder": {**decoder, **({"size": 6} if score == "dot" or score == "scaled_dot" else {})},
        }
        for score in SCORES
        for decoder in (GRU, {**TRANSFORMER, "layers": 1})
    },
    "luong": {"encoder": GRU, "bridge": ATTENTION, "decoder": {**GRU, "wiring": "luong"}},
    "gnmt": {"encoder": GRU, "bridge": ATTENTION, "decoder": {**GRU, "wiring": "gnmt", "layers": 2}},
    "transformer": {
        "encoder": TRANSFORMER,
        "bridge": {**ATTENTION, "score": "multihead", "heads": 2, "size": 8},
        "decoder": TRANSFORMER,
    },
    "rotary, norm after": {"encoder": {**TRANSFORMER, "positions": "rotary", "norm": "post"}},
    "language": {"decoder": TRANSFORMER},
    "pooled": {"encoder": GRU, "heads": {"label": {"kind": "label", "reads": "attention"}}},
}


@pytest.mark.parametrize("parts", EVERY.values(), ids=EVERY)
def test_rows_sum_to_one_and_what_is_masked_is_exactly_zero(parts: dict[str, Any]) -> None:
    model = model_of(**parts)
    sources, targets = (6, 3) if "encoder" in parts else (), (4, 2) if "decoder" in parts else ()
    paths = attention_parts(model)
    assert paths
    with torch.no_grad(), Tape(model, only=tuple(paths)) as tape:
        model(batch_of(sources, targets))
    assert set(tape) == set(paths)
    for path, kind in paths.items():
        if kind == "pool":
            continue
        weights = tape[path]
        rows = targets if path.startswith("decoder") else sources
        columns = targets if kind == "self" and path.startswith("decoder") else sources
        for row in range(2):
            torch.testing.assert_close(
                weights[row, :, : rows[row]].sum(-1), torch.ones(weights.shape[1], rows[row]), atol=1e-5, rtol=0
            )
            assert (weights[row, :, rows[row] :] == 0).all(), "padding does not look"
            assert (weights[row, :, :, columns[row] :] == 0).all(), "padding is not looked at"
            assert (weights[row, :, : rows[row], : columns[row]] > 0).any()
        if kind == "self" and path.startswith("decoder"):
            assert (weights.triu(1) == 0).all(), "nor is the future"


@pytest.mark.parametrize("parts", EVERY.values(), ids=EVERY)
def test_of_one_row_the_view_hears_what_a_tape_hears(parts: dict[str, Any]) -> None:
    model = model_of(**parts)
    subject = subject_on(model, 6 if "encoder" in parts else 0, 4 if "decoder" in parts else 0)
    found = attended(subject)
    assert [one.path for one in found] == list(attention_parts(model))
    with torch.no_grad(), Tape(model) as tape:
        model(subject.batch)
    for one in found:
        heard = tape[one.path]
        wanted = heard.softmax(-1)[:, None, None] if one.kind == "pool" else heard
        np.testing.assert_allclose(one.weights, wanted[0], atol=1e-6)
        np.testing.assert_allclose(one.weights.sum(-1), 1, atol=1e-5)
        assert one.weights.shape[1:] == (len(one.rows), len(one.columns)) and not one.thinned
        causal = one.kind == "self" and one.path.startswith("decoder")
        assert one.seen.tolist() == ([1, 2, 3, 4] if causal else [one.weights.shape[-1]] * one.weights.shape[1])


@pytest.mark.parametrize("name", ["transformer", "additive, gru", "location, transformer", "language"])
def test_a_long_row_is_thinned_to_sums_of_columns_and_means_of_rows(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    parts = EVERY[name]
    subject = subject_on(model_of(**parts), 23 if "encoder" in parts else 0, 13)
    whole = {one.path: one for one in attended(subject)}
    monkeypatch.setattr(attending, "DRAWN", 7)
    monkeypatch.setattr(attending, "ROOM", 100)
    for one in attended(subject):
        full = whole[one.path]
        assert one.thinned and one.weights.shape[1:] == (7, 7)
        assert one.row_spans is not None and one.column_spans is not None
        by_hand = np.array(
            [[full.weights[:, a:b, c:d].sum(-1).mean(-1) for c, d in one.column_spans] for a, b in one.row_spans]
        )
        np.testing.assert_allclose(one.weights, by_hand.transpose(2, 0, 1), atol=1e-6)
        np.testing.assert_allclose(one.nats, full.nats, atol=1e-5)
        assert one.seen.tolist() == full.seen.tolist() and one.rows == full.rows


ASKED = {"question": {"size": 5, "encoder": {"kind": "gru", "size": 6}}}
QUESTION = Axis(("wh", "at", "?"), (0, 0, 1), ("what", "?"))


def test_what_stands_beside_looks_at_the_first_with_all_and_with_each_step() -> None:
    model = model_of(GRU, task="vqa", beside=ASKED, fuse={"kind": "attend", "size": 6, "hops": 2})
    found = attended(subject_on(model, 5, 0, {"question": QUESTION}, 3))
    assert [one.title for one in found] == [f"fuse look {hop}, looking at the first input" for hop in (1, 2)]
    for one in found:
        assert one.kind == "fuse" and one.weights.shape == (1, 4, 5)
        assert one.rows.tokens == (attending.WHOLE, "wh", "at", "?") and one.columns.tokens == tuple("12345")
        assert one.rows.merged == (attending.WHOLE, "what", "?") and one.rows.spans == ((0, 1), (1, 3), (3, 4))
        np.testing.assert_allclose(one.weights.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(("fuse", "columns"), [("concat", (*"12345", "wh", "at", "?")), ("attend", ("wh", "at", "?"))])
def test_a_decoder_looks_at_what_a_fuse_left(fuse: str, columns: tuple[str, ...]) -> None:
    model = model_of(GRU, ATTENTION, GRU, task="vqa", beside=ASKED, fuse={"kind": fuse, "size": 6})
    one = attended(subject_on(model, 5, 4, {"question": QUESTION}, 3))[-1]
    assert one.kind == "cross" and one.columns.tokens == columns and one.weights.shape == (1, 4, len(columns))
    assert one.columns.merged[-2:] == ("what", "?")


def test_a_context_vector_attends_nowhere() -> None:
    assert attention_parts(model_of(GRU, {"kind": "context"}, GRU)) == {}


def test_steps_of_another_number_have_numbers_for_names() -> None:
    model = model_of({**GRU, "kind": "pyramid"}, ATTENTION, GRU)
    (one,) = attended(subject_on(model, 8, 3, {"answer": Axis(("x", "y", "z"))}))
    assert one.rows.tokens == ("x", "y", "z") and one.columns.tokens == tuple("12345678"[: len(one.columns)])
    assert len(one.columns) < 8 and one.title == "decoder, looking at what was read"
