"""Puzzles: the answer that each batch teaches is the one that its source holds."""

import torch

from seqloom.data.vocabulary import BOS, EOS
from seqloom.studies import puzzles


def g(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_adding_marks_a_step_in_each_half_and_tells_their_sum():
    batch = puzzles.adding(g(), 50, 9)
    values = batch.inputs["source"].values
    number, mark = values[..., 0], values[..., 1]
    assert (mark.sum(1) == 2).all()
    assert (mark[:, :4].sum(1) == 1).all()
    assert torch.allclose(batch.target["value"].values[:, 0, 0], (number * mark).sum(1))
    assert number.min() >= 0 and number.max() < 1


def test_recall_begins_with_what_must_be_told_and_never_shows_it_again():
    batch = puzzles.recall(g(), 50, 7, symbols=4)
    source, told = batch.inputs["source"].values, batch.target["label"].values
    assert source.shape == (50, 8)
    assert torch.equal(source[:, 0] - puzzles.FIRST, told)
    assert (source[:, 1:] >= puzzles.FIRST + 4).all()
    assert source.max() < puzzles.vocabulary(6)
    assert set(told.tolist()) == {0, 1, 2, 3}


def test_copy_counts_the_last_steps_alone():
    batch = puzzles.copy(g(), 20, 6, items=3, symbols=4)
    source, target = batch.inputs["source"].values, batch.target["tags"]
    assert target.mask is not None
    assert source.shape == target.values.shape == (20, 12)
    assert target.mask.sum(1).tolist() == [3] * 20 and target.mask[:, -3:].all()
    assert torch.equal(source[:, :3] - puzzles.FIRST, target.values[:, -3:])
    assert (source[:, 3:9] == puzzles.FIRST + 4).all()
    assert (source[:, 9:] == puzzles.FIRST + 5).all()


def test_reversal_teaches_the_source_backwards_between_begin_and_end():
    batch = puzzles.reversal(g(), 5, 4, symbols=6)
    source = batch.inputs["source"].values
    assert (source[:, -1] == EOS).all()
    assert (batch.inputs["target"].values[:, 0] == BOS).all()
    assert torch.equal(batch.inputs["target"].values[:, 1:], source[:, :-1].flip(1))
    assert torch.equal(batch.target["words"].values[:, :-1], source[:, :-1].flip(1))
    assert (batch.target["words"].values[:, -1] == EOS).all()


def test_what_is_drawn_follows_from_the_generator():
    assert torch.equal(puzzles.symbols_of(g(1), 3, 4, 9), puzzles.symbols_of(g(1), 3, 4, 9))
    assert not torch.equal(puzzles.symbols_of(g(1), 3, 4, 9), puzzles.symbols_of(g(2), 3, 4, 9))
