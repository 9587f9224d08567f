"""The label head: losses against formulas written out, the sigmoid of two against the softmax of two, readings."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads import HEADS
from seqloom.heads.label import LabelHead
from seqloom.memory import Memory
from seqloom.tape import Tape

MANY, TWO = ["a", "b", "가"], ["no", "yes"]


def head(labels: list[str], multilabel: bool = False, counts: tuple[int, ...] = (6, 3, 1), **options: Any) -> LabelHead:
    torch.manual_seed(0)
    return LabelHead(4, labels, counts[: len(labels)], multilabel, **options).double()


def memory(rows: int = 5) -> Memory:
    g = torch.Generator().manual_seed(1)
    outputs = torch.randn(rows, 3, 4, generator=g, dtype=torch.float64)
    mask = torch.arange(3) < torch.tensor([3, 1, 2, 3, 2, 1])[:rows, None]
    return Memory(outputs.masked_fill(~mask.unsqueeze(-1), 0), mask, torch.randn(rows, 4, generator=g).double())


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def nats(logits: list[float], soft: list[float]) -> float:
    """Return -sum p ln q for a softmax of logits and wanted shares p."""
    total = math.log(sum(math.exp(x) for x in logits))
    return -sum(p * (x - total) for p, x in zip(soft, logits, strict=True))


IDS = torch.tensor([0, 2, 1, 2, 0])


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_of_many_is_cross_entropy(smoothing: float, training: bool) -> None:
    one = head(MANY, smoothing=smoothing).train(training)
    logits = one(memory().outputs, memory())
    got, count = one.loss(logits, Field(IDS))
    rate = smoothing if training else 0.0
    wanted = sum(
        nats(row, [(1 - rate) * (k == label) + rate / 3 for k in range(3)])
        for row, label in zip(logits.tolist(), IDS.tolist(), strict=True)
    )
    assert got.item() == pytest.approx(wanted, abs=1e-12) and count.item() == 5


def test_a_hidden_layer_of_tanh_stands_before_the_logits() -> None:
    one = head(MANY, hidden=6).eval()
    assert one.inner is not None and one.inner.weight.shape == (6, 4) and one.out.weight.shape == (3, 6)
    x = memory().summary
    wanted = (x @ one.inner.weight.T + one.inner.bias).tanh() @ one.out.weight.T + one.out.bias
    torch.testing.assert_close(one(memory().outputs, memory()), wanted)
    assert head(MANY).inner is None
    noisy = head(MANY, hidden=6, dropout=0.5).train()
    assert not torch.equal(noisy(memory().outputs, memory()), noisy(memory().outputs, memory()))


def test_class_weights_weigh_rows_and_the_count() -> None:
    one = head(MANY, class_weights={"b": 3.0, "가": 0.5})
    assert one.weights.tolist() == [1, 3, 0.5]
    logits = one(memory().outputs, memory())
    got, count = one.loss(logits, Field(IDS))
    wanted = sum(
        [1, 3, 0.5][label] * nats(row, [float(k == label) for k in range(3)])
        for row, label in zip(logits.tolist(), IDS.tolist(), strict=True)
    )
    assert got.item() == pytest.approx(wanted, abs=1e-12)
    assert count.item() == 1 + 0.5 + 3 + 0.5 + 1 == one.count(Field(IDS)).item()


def test_balanced_weights_are_inverse_frequencies_of_mean_one_over_rows() -> None:
    one = head(MANY, class_weights="balanced")
    torch.testing.assert_close(one.weights, torch.tensor([10 / 18, 10 / 9, 10 / 3]).double())
    assert sum(w * n for w, n in zip(one.weights.tolist(), (6, 3, 1), strict=True)) / 10 == pytest.approx(1)
    assert torch.isfinite(head(MANY, counts=(5, 5, 0), class_weights="balanced").weights).all()


def test_a_weight_for_an_unknown_label_is_refused() -> None:
    with pytest.raises(InputError, match=r"class_weights names a label 'yess' .*; did you mean 'yes'\? Known: no, yes"):
        head(TWO, class_weights={"yess": 2.0})


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("weights", [None, {"yes": 3.0}])
def test_two_labels_are_a_sigmoid_that_equals_the_softmax_of_two(
    weights: dict[str, float] | None, training: bool
) -> None:
    """A softmax over (0, x) is a sigmoid of x: the same loss, gradient, count and probabilities."""
    one = head(TWO, class_weights=weights, smoothing=0.0 if weights else 0.2).train(training)
    ids = torch.tensor([0, 1, 1, 0, 1])
    logits = one(memory().outputs, memory()).detach().requires_grad_()
    assert logits.shape == (5, 1)
    got, count = one.loss(logits, Field(ids))
    rate = 0.2 if training and not weights else 0.0
    wanted, label_weights = 0.0, (1.0, 3.0 if weights else 1.0)
    for (x,), label in zip(logits.tolist(), ids.tolist(), strict=True):
        soft = [(1 - rate) * (k == label) + rate / 2 for k in range(2)]
        wanted += label_weights[label] * nats([0.0, x], soft)
    assert got.item() == pytest.approx(wanted, abs=1e-12)
    assert count.item() == sum(label_weights[label] for label in ids.tolist())
    many = LabelHead(4, [*TWO], (1, 1), False, class_weights=weights, smoothing=one.smoothing).double().train(training)
    many.binary = False
    pair = torch.cat([torch.zeros_like(logits), logits], 1)
    torch.testing.assert_close(many.loss(pair, Field(ids))[0], got)
    torch.testing.assert_close(many.probabilities(pair), one.probabilities(logits))
    (slope,) = torch.autograd.grad(got, logits)
    (other,) = torch.autograd.grad(many.loss(pair, Field(ids))[0], logits)
    torch.testing.assert_close(slope, other)


@pytest.mark.parametrize("training", [False, True])
def test_several_labels_are_a_sigmoid_each(training: bool) -> None:
    one = head(MANY, multilabel=True, smoothing=0.2, class_weights={"b": 3.0}).train(training)
    truth = torch.tensor([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1]])
    logits = one(memory().outputs, memory())
    got, count = one.loss(logits, Field(truth))
    rate, wanted = (0.2 if training else 0.0), 0.0
    for row, labels in zip(logits.tolist(), truth.tolist(), strict=True):
        for k, (x, y) in enumerate(zip(row, labels, strict=True)):
            soft = y * (1 - rate) + rate / 2
            each = -(soft * math.log(sigma(x)) + (1 - soft) * math.log(1 - sigma(x)))
            wanted += each * (3.0 if y and k == 1 else 1.0) / 3
    assert got.item() == pytest.approx(wanted, abs=1e-12) and count.item() == 5


def test_probabilities_sum_to_one_unless_several_may_hold() -> None:
    for labels in (MANY, TWO):
        one = head(labels)
        shares = one.probabilities(one(memory().outputs, memory()))
        assert shares.shape == (5, len(labels))
        torch.testing.assert_close(shares.sum(1), torch.ones(5, dtype=torch.float64))
    yes = head(TWO)
    logits = yes(memory().outputs, memory())
    torch.testing.assert_close(yes.probabilities(logits)[:, 1:], logits.sigmoid())
    several = head(MANY, multilabel=True)
    logits = several(memory().outputs, memory())
    assert torch.equal(several.probabilities(logits), logits.sigmoid())


@pytest.mark.parametrize("reads", ["summary", "mean", "max", "attention"])
def test_what_is_read_of_a_memory(reads: str) -> None:
    one, given = head(MANY, reads=reads), memory()
    with Tape(one) as tape:
        got = one(given.outputs, given)
    lengths = given.mask.sum(1).tolist()
    read = []
    for row, length in zip(given.outputs, lengths, strict=True):
        own = row[:length]
        if reads == "attention":
            assert one.score is not None and one.score.bias is None
            scores = own @ one.score.weight[0]
            torch.testing.assert_close(tape["score"][len(read), :length], scores.detach())
            own = scores.softmax(0) @ own
        else:
            own = own.amax(0) if reads == "max" else own.mean(0)
        read.append(own)
    x = given.summary if reads == "summary" else torch.stack(read)
    torch.testing.assert_close(got, x @ one.out.weight.T + one.out.bias)


def test_dropout_is_on_what_is_read_in_training_only() -> None:
    one = head(MANY, dropout=0.5)
    given = memory()
    one.eval()
    assert torch.equal(one(given.outputs, given), one(given.outputs, given))
    one.train()
    assert not torch.equal(one(given.outputs, given), one(given.outputs, given))


def test_logits_in_bfloat16_are_lost_in_single_precision() -> None:
    for labels, ids in ((MANY, IDS), (TWO, IDS % 2)):
        one = LabelHead(4, labels, [1] * len(labels), False)
        logits = torch.randn(5, one.out.out_features).bfloat16()
        assert one.loss(logits, Field(ids))[0].dtype == torch.float32


def test_a_label_head_needs_an_encoder() -> None:
    with pytest.raises(InputError, match="a label head reads an encoder's memory: give the model an encoder"):
        head(MANY)(torch.zeros(1, 1, 4), None)


def test_weights_of_labels_are_not_saved_with_the_model() -> None:
    assert "weights" not in head(MANY, class_weights="balanced").state_dict()


@pytest.mark.parametrize("name", HEADS)
def test_the_contract_is_kept(name: str) -> None:
    from seqloom.heads.head import Head

    assert issubclass(HEADS[name], Head)
    bare = Head()
    assert bare.prepare(memory()) == {}
    empty: Tensor = torch.zeros(1)
    for call in (lambda: bare(empty, None), lambda: bare.loss(empty, Field(empty)), lambda: bare.count(Field(empty))):
        with pytest.raises(TypeError, match=r"Head has no (forward|loss|count)"):
            call()


def test_weights_and_smoothing_together_mean_the_same_for_two_labels_as_for_many() -> None:
    head = LabelHead(3, ["a", "b"], [3, 1], False, smoothing=0.2, class_weights={"a": 1.0, "b": 4.0}).double().train()
    logit, truth = torch.tensor([[0.3], [-1.2]], dtype=torch.float64), torch.tensor([1, 0])
    total, count = head.loss(logit, Field(truth))
    logs, weights = torch.cat([-logit, logit], 1).sigmoid().log(), torch.tensor([1.0, 4.0], dtype=torch.float64)
    by_hand = -(0.8 * weights[truth] * logs.gather(1, truth[:, None])[:, 0] + 0.1 * (weights * logs).sum(1)).sum()
    assert float(total) == pytest.approx(float(by_hand), abs=1e-12) and float(count) == 5
