"""Row quality: what a row got right, of every kind of head, as a count by hand has it."""

import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.explaining.row_quality import CLOSE, OFF, RIGHT, row_quality
from seqloom.heads.ctc import SHIFT, CTCHead
from seqloom.heads.head import Head
from seqloom.heads.label import LabelHead
from seqloom.heads.numbers import NumberShape
from seqloom.heads.point import PointHead
from seqloom.heads.tags import TagsHead
from seqloom.heads.tokens import TokensHead
from seqloom.model import SequenceModel

LABELS, COUNTS = ["a", "b", "c"], [1, 1, 1]


def told(head: Head, outputs: torch.Tensor, target: Field) -> tuple[str, list[float], list[float]]:
    model = SequenceModel({"it": head})
    what, sums, counts = row_quality(model, {"it": outputs}, Batch({}, {"it": target}))["it"]
    return what, sums.tolist(), counts.tolist()


def logits(*best: list[int], classes: int = 3) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(best), classes).float() * 3


def test_labels() -> None:
    rows = logits([0], [2], [1]).squeeze(1)
    head = LabelHead(4, LABELS, COUNTS, False)
    assert told(head, rows, Field(torch.tensor([0, 1, 1]))) == (RIGHT, [1, 0, 1], [1, 1, 1])


def test_two_labels_have_one_logit() -> None:
    head = LabelHead(4, LABELS[:2], COUNTS[:2], False)
    outputs = torch.tensor([[1.0], [-1.0], [2.0]])
    assert told(head, outputs, Field(torch.tensor([1, 1, 0]))) == (RIGHT, [1, 0, 0], [1, 1, 1])


def test_several_labels_at_once_are_each_right_or_not() -> None:
    head = LabelHead(4, LABELS, COUNTS, True)
    outputs = torch.tensor([[1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])
    what, sums, counts = told(head, outputs, Field(torch.tensor([[1.0, 0, 0], [1.0, 0, 0]])))
    assert what == RIGHT and sums == pytest.approx([1, 1 / 3]) and counts == [1, 1]


def test_tags_and_tokens_count_where_there_is_data() -> None:
    values = torch.tensor([[0, 1, 2], [2, 0, 0]])
    mask = torch.tensor([[True, True, True], [True, False, False]])
    outputs = logits([0, 1, 1], [2, 0, 0])
    for head in (TagsHead(4, LABELS, COUNTS), TokensHead(4, 3, None)):
        assert told(head, outputs, Field(values, mask)) == (RIGHT, [2, 1], [3, 1])


def test_ctc_is_read_before_it_is_compared() -> None:
    """Classes 0 1 1 0 2 read 1 2."""
    outputs = logits([0, 1, 1, 0, 2], [1, 1, 1, 1, 1])
    values = torch.tensor([[1, 2], [2, 2]]) + SHIFT
    mask = torch.ones(2, 2, dtype=torch.bool)
    assert told(CTCHead(4, 3 + SHIFT), outputs, Field(values, mask)) == (CLOSE, [2, 0], [2, 2])


def test_numbers_that_are_not_known_are_left_out() -> None:
    head = PointHead(4, NumberShape(2, 1))
    outputs = torch.tensor([[[[1.0]], [[5.0]]], [[[2.0]], [[2.0]]]])
    values = torch.tensor([[[1.5], [torch.nan]], [[0.0], [5.0]]])
    assert told(head, outputs, Field(values)) == (OFF, [0.5, 5.0], [1, 2])
