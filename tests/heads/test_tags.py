"""The tags head: one softmax a step."""

import pytest
import torch

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads.tags import TagsHead

MASK = torch.tensor([[True, True, True], [True, False, False]])
TRUE = torch.tensor([[0, 1, 2], [2, 0, 0]])


def head(**more: float) -> TagsHead:
    torch.manual_seed(0)
    return TagsHead(4, ["a", "나", "c"], [1, 1, 1], **more).double()


def hidden() -> torch.Tensor:
    return torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_the_loss_is_the_sum_of_nats_over_steps() -> None:
    made = head().eval()
    outputs = made(hidden(), None, None, MASK)
    loss, count = made.loss(outputs, Field(TRUE, MASK))
    nats = -outputs.log_softmax(-1)
    wanted = nats[0, 0, 0] + nats[0, 1, 1] + nats[0, 2, 2] + nats[1, 0, 2]
    torch.testing.assert_close(loss, wanted)
    assert float(count) == 4


def test_answers_are_the_likeliest_labels_of_valid_steps() -> None:
    made = head().eval()
    outputs = made(hidden(), None, None, MASK)
    best = outputs.argmax(-1).tolist()
    assert made.tag(outputs, MASK) == [best[0], best[1][:1]]
    torch.testing.assert_close(made.probabilities(outputs, MASK).sum(-1), torch.ones(2, 3, dtype=torch.float64))


def test_smoothing_acts_in_training_alone() -> None:
    made = head(smoothing=0.3)
    outputs = made(hidden(), None, None, MASK).detach()
    learning, _ = made.train().loss(outputs, Field(TRUE, MASK))
    judged, _ = made.eval().loss(outputs, Field(TRUE, MASK))
    plain, _ = head().train().loss(outputs, Field(TRUE, MASK))
    assert float(judged) == float(plain) != float(learning)


def test_dropout_acts_in_training_alone() -> None:
    made = head(dropout=0.5)
    torch.manual_seed(1)
    assert not torch.equal(made.train()(hidden(), None), made.eval()(hidden(), None))
    assert torch.equal(made(hidden(), None), made(hidden(), None))


def test_steps_without_a_mask_are_refused() -> None:
    with pytest.raises(InputError, match="a mask that says which steps there are"):
        head().count(Field(TRUE))
