"""Batches of questions: each picture once, every row once an epoch, the same whatever process asks."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from seqloom.batch import Field
from seqloom.tasks.asked_data import AskedData
from seqloom.tasks.row_data import Turn
from seqloom.tasks.source import Draw, Stored

REFS = ["a", "b", "a", "c", "b", "a", "d", "a"]
QUESTIONS = [[5], [6, 7], [8], [5, 6, 7], [4], [9, 4], [], [7, 7]]
ANSWERS = np.arange(8)


class Pictures(Stored):
    """Pictures of two rows of one pixel that hold the row's number, or what was drawn."""

    lengths = np.full(len(REFS), 2, np.int64)

    def __init__(self, varies: bool = False) -> None:
        self.varies, self.asked = varies, list[int]()

    def field(self, rows: Sequence[int], draw: Draw | None) -> Field:
        self.asked += rows
        each = [float(row) if draw is None else draw(row).random() for row in rows]
        values = torch.tensor(each)[:, None, None, None].expand(-1, 2, 1, 1)
        return Field(values, torch.ones(len(rows), 2, dtype=torch.bool))


def data_of(batch_tokens: int = 6, training: bool = True, varies: bool = False, blind: str | None = None) -> AskedData:
    return AskedData(Pictures(varies), REFS, QUESTIONS, ANSWERS, batch_tokens, 3, training, blind)


@pytest.mark.parametrize("batch_tokens", [1, 3, 6, 100])
@pytest.mark.parametrize("training", [True, False])
def test_every_row_comes_once_and_batches_keep_to_their_size(batch_tokens: int, training: bool) -> None:
    data = data_of(batch_tokens, training)
    for epoch in range(3):
        batches = data.order(epoch)
        assert Counter(row for turn in batches for row in turn.rows.tolist()) == Counter(range(len(REFS)))
        for turn in batches:
            rows = turn.rows.tolist()
            pictures = {REFS[row] for row in rows}
            positions = max(2 * len(pictures), len(rows) * max(1, *(len(QUESTIONS[row]) for row in rows)))
            assert positions <= batch_tokens or len(pictures) == 1


def test_epochs_shuffle_pictures_and_evaluation_does_not() -> None:
    orders = [[row for turn in data_of(4).order(epoch) for row in turn.rows.tolist()] for epoch in range(6)]
    assert orders[0] == [row for turn in data_of(4).order(0) for row in turn.rows.tolist()]
    assert len({tuple(one) for one in orders}) > 2
    still = [[row for turn in data_of(4, False).order(epoch) for row in turn.rows.tolist()] for epoch in range(2)]
    assert still[0] == still[1] == [0, 2, 5, 7, 1, 4, 3, 6]


def test_a_batch_holds_each_picture_once_and_says_whose_it_is() -> None:
    data = data_of(100, False)
    batch = data.load(Turn(np.array([0, 1, 2, 6, 4]), 0))
    assert batch.inputs["source"].values[:, 0, 0, 0].tolist() == [0, 1, 6], "the first row of each picture tells it"
    assert batch.inputs["which"].values.tolist() == [0, 1, 0, 2, 1]
    assert batch.inputs["question"].values.tolist() == [[5, 0], [6, 7], [8, 0], [0, 0], [4, 0]]
    assert batch.target["label"].values.tolist() == [0, 1, 2, 6, 4]
    assert batch.rows == (0, 1, 2, 6, 4) and batch.tokens == 5
    head = batch.first(2)
    assert head.inputs["which"].values.max() < len(head.inputs["source"].values)


def test_a_picture_is_varied_by_seed_epoch_and_itself_alone() -> None:
    data = data_of(100, varies=True)
    for epoch in (0, 1):
        one = data.load(Turn(np.array([0, 1, 2]), epoch)).inputs["source"].values[:, 0, 0, 0]
        other = data.load(Turn(np.array([4, 5]), epoch)).inputs["source"].values[:, 0, 0, 0]
        assert one[0] == other[1] and one[1] == other[0] and one[0] != one[1]
    again = data.load(Turn(np.array([0]), 0)).inputs["source"].values
    assert again[0, 0, 0, 0] != one[0], "another epoch, another picture"
    plain = data_of(100, training=False, varies=True).load(Turn(np.array([0, 1]), 0))
    assert plain.inputs["source"].values[:, 0, 0, 0].tolist() == [0, 1], "an evaluation varies nothing"


def test_what_is_blind_reads_nothing() -> None:
    turn = Turn(np.array([1, 3]), 0)
    image = data_of(100, blind="image").load(turn).inputs
    assert not image["source"].values.any() and image["question"].mask is not None and image["question"].mask.any()
    question = data_of(100, blind="question").load(turn).inputs
    assert question["question"].mask is not None and not question["question"].mask.any()
    assert question["source"].values.any()
