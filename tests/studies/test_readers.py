"""Readers: each is built as its name says, and fed what it reads."""

import pytest
import torch

from seqloom.studies.puzzles import vocabulary
from seqloom.studies.puzzles_order import which_first
from seqloom.studies.readers import PLACED, READERS, fed, reader


@pytest.mark.parametrize("name", READERS)
def test_every_reader_tells_a_label_of_a_row(name: str) -> None:
    words = vocabulary(10)
    model = reader(name, words, 3, 8, seed=0).eval()
    batch = which_first(torch.Generator().manual_seed(0), 4, 6)
    out, _ = model(fed(name, batch, words))
    assert out["label"].shape == (4, 3)
    assert torch.isfinite(out["label"]).all()


def test_a_convolution_is_fed_one_hot_vectors_and_others_ids() -> None:
    batch = which_first(torch.Generator().manual_seed(0), 4, 6)
    hot = fed("cnn", batch, 15).inputs["source"].values
    assert hot.shape == (4, 6, 15)
    assert torch.equal(hot.argmax(-1), batch.inputs["source"].values) and (hot.sum(-1) == 1).all()
    assert fed("gru", batch, 15) is batch


def test_attention_is_told_the_positions_of_its_name_or_none() -> None:
    for name in PLACED:
        kind = name.removeprefix("attention, ")
        assert reader(name, 15, 2, 8, 0).encoder.stack.positions == kind  # type: ignore[union-attr]
        assert reader(name, 15, 2, 8, 0, placed=False).encoder.stack.positions == "none"  # type: ignore[union-attr]
    assert reader("attention, no positions", 15, 2, 8, 0).encoder.stack.positions == "none"  # type: ignore[union-attr]
