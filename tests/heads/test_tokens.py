"""The tokens head: summed nats over what is to be told, smoothing, and an embedding that is shared."""

import math

import pytest
import torch
from torch import nn

from seqloom.batch import Field
from seqloom.heads.tokens import TokensHead

VOCABULARY = 6


def target() -> Field:
    values = torch.tensor([[1, 5, 2], [3, 0, 0]])
    return Field(values, torch.tensor([[True, True, True], [True, False, False]]))


def logits() -> torch.Tensor:
    return torch.randn(2, 3, VOCABULARY, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_is_the_sum_of_nats_where_the_mask_is_true(smoothing: float, training: bool) -> None:
    head = TokensHead(4, VOCABULARY, None, smoothing=smoothing).train(training)
    x, wanted = logits(), 0.0
    rate = smoothing if training else 0.0
    for row, t in ((0, 0), (0, 1), (0, 2), (1, 0)):
        scores = x[row, t].tolist()
        total = math.log(sum(math.exp(score) for score in scores))
        for k, score in enumerate(scores):
            share = (1 - rate) * (k == int(target().values[row, t])) + rate / VOCABULARY
            wanted -= share * (score - total)
    got, count = head.loss(x, target())
    assert got.item() == pytest.approx(wanted, abs=1e-12)
    assert count.item() == 4 == head.count(target()).item()


def test_without_a_mask_every_token_counts() -> None:
    head = TokensHead(4, VOCABULARY, None)
    everything = Field(target().values)
    got, count = head.loss(logits(), everything)
    nats = -logits().log_softmax(-1).gather(-1, everything.values.unsqueeze(-1)).sum()
    torch.testing.assert_close(got, nats)
    assert count.item() == 6


def test_a_window_may_leave_out_its_warm_up() -> None:
    head = TokensHead(4, VOCABULARY, None)
    late = Field(target().values, torch.tensor([[False, True, True], [False, False, True]]), prefix=False)
    got, count = head.loss(logits(), late)
    nats = -logits().log_softmax(-1).gather(-1, late.values.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(got, nats[0, 1] + nats[0, 2] + nats[1, 2])
    assert count.item() == 3


def test_nothing_to_tell_is_a_loss_of_zero() -> None:
    head = TokensHead(4, VOCABULARY, None)
    nothing = Field(target().values, torch.zeros(2, 3, dtype=torch.bool))
    x = logits().requires_grad_()
    got, count = head.loss(x, nothing)
    got.backward()
    assert got.item() == count.item() == 0 and x.grad is not None and not x.grad.any()


def test_a_shared_embedding_is_the_output_with_a_bias_of_its_own() -> None:
    table = nn.Parameter(torch.randn(VOCABULARY, 4))
    head = TokensHead(4, VOCABULARY, table)
    assert head.weight is table and isinstance(head.adapt, nn.Identity)
    hidden = torch.randn(2, 3, 4)
    torch.testing.assert_close(head(hidden, None), hidden @ table.T + head.bias)
    assert not head.bias.any() and head.bias.requires_grad


def test_another_width_is_projected_to_the_shared_embedding() -> None:
    table = nn.Parameter(torch.randn(VOCABULARY, 3))
    head = TokensHead(4, VOCABULARY, table)
    assert isinstance(head.adapt, nn.Linear)
    hidden = torch.randn(2, 3, 4)
    wanted = (hidden @ head.adapt.weight.T + head.adapt.bias) @ table.T + head.bias
    torch.testing.assert_close(head(hidden, None), wanted)


def test_dropout_is_in_training_only() -> None:
    head = TokensHead(50, VOCABULARY, None, dropout=0.5)
    hidden = torch.randn(2, 3, 50)
    head.eval()
    assert torch.equal(head(hidden, None), head(hidden, None))
    head.train()
    assert not torch.equal(head(hidden, None), head(hidden, None))


def test_logits_in_bfloat16_are_lost_in_single_precision() -> None:
    assert TokensHead(4, VOCABULARY, None).loss(logits().bfloat16(), target())[0].dtype == torch.float32
