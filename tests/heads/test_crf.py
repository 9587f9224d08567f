"""The CRF head: its loss, its answers and its marginals against every row of labels written out."""

import math
from itertools import pairwise, product

import pytest
import torch
from torch import Tensor

from seqloom.batch import Field
from seqloom.data.moves import moves
from seqloom.errors import InputError
from seqloom.heads.crf import CRFHead
from seqloom.table import check, options

SPANS = ["O", "B-PER", "I-PER", "B-곳", "I-곳"]


def head(labels: list[str], **more: object) -> CRFHead:
    torch.manual_seed(3)
    made = CRFHead(4, labels, [1] * len(labels), **more).double().eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn_like(weight))
    return made


def outputs(made: CRFHead, lengths: list[int], seed: int = 0) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    hidden = torch.randn(len(lengths), max(lengths), 4, generator=g, dtype=torch.float64)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return made(hidden, None, None, mask).detach(), mask


def logprob(made: CRFHead, steps: Tensor, row: tuple[int, ...]) -> float:
    """Return ln p of one row of labels by the definition of a conditional random field."""
    between, first, last = made.moves.detach(), made.first.detach(), made.last.detach()

    def total(ids: tuple[int, ...]) -> float:
        found = sum(float(steps[time, label]) for time, label in enumerate(ids))
        found += sum(float(between[a, b]) for a, b in pairwise(ids))
        return found + float(first[ids[0]] + last[ids[-1]])

    rows = product(range(len(made.labels)), repeat=len(row))
    return total(row) - math.log(sum(math.exp(total(one)) for one in rows))


def test_the_loss_is_minus_ln_p_of_the_true_rows() -> None:
    made = head(["가", "b", "c"])
    steps, mask = outputs(made, [3, 1, 0, 4])
    true = torch.tensor([[0, 2, 1, 0], [2, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 2]])
    loss, count = made.loss(steps, Field(true, mask))
    wanted = [-logprob(made, steps[row], tuple(true[row, : int(mask[row].sum())].tolist())) for row in (0, 1, 3)]
    assert float(loss.detach()) == pytest.approx(sum(wanted), abs=1e-10)
    assert float(count) == 3  # the empty row is no row


@pytest.mark.parametrize("k", [1, 3])
def test_answers_are_the_likeliest_rows_with_their_probability(k: int) -> None:
    made = head(["a", "b"])
    steps, mask = outputs(made, [3, 5, 0])
    for row, found in enumerate(made.best(steps, mask, k)[:2]):
        rows = product(range(2), repeat=int(mask[row].sum()))
        wanted = sorted(((logprob(made, steps[row], one), list(one)) for one in rows), reverse=True)[:k]
        assert [ids for _, ids in found] == [ids for _, ids in wanted]
        assert [one for one, _ in found] == pytest.approx([one for one, _ in wanted], abs=1e-10)
    assert made.tag(steps, mask)[2] == []


def test_probabilities_of_a_step_sum_over_the_rows_through_it() -> None:
    made = head(["a", "b", "c"])
    steps, mask = outputs(made, [4, 2])
    found = made.probabilities(steps, mask)
    for row, length in enumerate([4, 2]):
        each = {one: math.exp(logprob(made, steps[row], one)) for one in product(range(3), repeat=length)}
        for time, label in product(range(length), range(3)):
            wanted = sum(p for one, p in each.items() if one[time] == label)
            assert float(found[row, time, label]) == pytest.approx(wanted, abs=1e-10)
    assert not found[1, 2:].any()


@pytest.mark.parametrize("seed", range(20))
def test_a_constrained_answer_is_always_valid(seed: int) -> None:
    made, free = head(SPANS), head(SPANS, constrain="none")
    steps, mask = outputs(made, [1, 2, 5, 7, 3] * 4, seed)
    may = moves(SPANS)
    assert may is not None
    broken = 0
    for row in made.tag(steps * 3, mask):
        assert all(may[a, b] for a, b in zip([-1, *row], [*row, -1], strict=True))
    for row in free.tag(steps * 3, mask):
        broken += not all(may[a, b] for a, b in zip([-1, *row], [*row, -1], strict=True))
    assert broken  # the same scores without constraints do break it


def test_a_constrained_answer_is_the_best_of_the_valid_rows() -> None:
    made = head(SPANS)
    steps, mask = outputs(made, [4], 5)
    may = moves(SPANS)
    assert may is not None
    rows = product(range(len(SPANS)), repeat=4)
    valid = [one for one in rows if all(may[a, b] for a, b in zip((-1, *one), (*one, -1), strict=True))]
    assert made.tag(steps, mask)[0] == list(max(valid, key=lambda one: logprob(made, steps[0], one)))


def test_bioes_closes_its_spans() -> None:
    labels = ["O", "B-X", "I-X", "E-X", "S-X"]
    made = head(labels)
    steps, mask = outputs(made, [1, 2, 6] * 5, 1)
    for row in made.tag(steps * 5, mask):
        text = "".join(labels[one][0] for one in row)
        assert not text.replace("S", "O").endswith(("B", "I"))
        assert "BO" not in text and "IO" not in text and "OI" not in text and "OE" not in text


def test_plain_tags_may_follow_one_another_freely() -> None:
    made = head(["NOUN", "VERB"])
    assert bool(made.ways.all())


def test_a_scheme_can_be_said() -> None:
    labels = ["O", "B-X", "I-X"]
    one, two = head(labels, constrain="iob1"), head(labels)
    inside, outside = labels.index("I-X"), labels.index("O")
    assert bool(one.ways[outside, inside]) and not bool(two.ways[outside, inside])
    with pytest.raises(InputError, match="constrain='iob3' cannot be used"):
        check("head tags (crf)", {"constrain": "iob3"}, options(CRFHead))


def test_gradients_reach_every_weight() -> None:
    made = head(["a", "b", "c"]).train()
    hidden = torch.randn(2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    mask = torch.tensor([[True] * 4, [True, False, False, False]])
    loss, _ = made.loss(made(hidden, None, None, mask), Field(torch.randint(0, 3, (2, 4)), mask))
    for name, grad in zip(
        dict(made.named_parameters()), torch.autograd.grad(loss, list(made.parameters())), strict=True
    ):
        assert grad.abs().sum() > 0, name
