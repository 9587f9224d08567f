"""The copy head: the paper's equations written out in float64, gradients, and what may be copied."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from seqloom import state as states
from seqloom.batch import Field
from seqloom.data.vocabulary import UNK
from seqloom.errors import InputError
from seqloom.heads.copy import SPECIALS, CopyHead
from seqloom.memory import Memory
from seqloom.tape import Patch, Tape

SIZE, VOCABULARY, WIDTH, TIME = 4, 8, 3, 2
# Row 0 holds a word twice and two of its own, row 1 a line end and an unknown, row 2 only such, row 3 nothing.
TOKENS = [[5, 9, 6, 9, 8], [7, 2, 8, 4], [2, 4], []]


def head(**options: Any) -> CopyHead:
    torch.manual_seed(0)
    made = CopyHead(SIZE, VOCABULARY, None, WIDTH, copy_size=5, **options).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_()
    return made.eval()


def memory(tokens: list[list[int]] = TOKENS, longest: int = 5, seed: int = 1) -> Memory:
    lengths = torch.tensor([len(row) for row in tokens])
    mask = torch.arange(longest) < lengths[:, None]
    g = torch.Generator().manual_seed(seed)
    outputs = torch.randn(len(tokens), longest, WIDTH, generator=g, dtype=torch.float64)
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in tokens]).view(len(tokens), longest)
    return Memory(outputs * mask.unsqueeze(-1), mask, torch.zeros(len(tokens), WIDTH).double(), tokens=ids)


def hidden(rows: int = 4) -> Tensor:
    return torch.randn(rows, TIME, SIZE, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def softmax(x: list[float]) -> list[float]:
    total = sum(math.exp(value - max(x)) for value in x)
    return [math.exp(value - max(x)) / total for value in x]


@torch.no_grad()
def by_hand(made: CopyHead, h: Tensor, tokens: list[int], outputs: Tensor) -> tuple[dict[int, float], float]:
    """Return p(w) of one step and the gate, from equations 8 and 9."""
    words = softmax((made.generate.weight @ h + made.generate.bias).tolist())
    places = [place for place, token in enumerate(tokens) if token > UNK]
    if not places:
        return dict(enumerate(words)), 1.0
    query = made.query.weight @ h + made.query.bias
    weights = softmax([float(query @ (made.key.weight @ outputs[place])) / math.sqrt(5) for place in places])
    context = torch.stack([weight * outputs[place] for weight, place in zip(weights, places, strict=True)]).sum(0)
    gate = 1 / (1 + math.exp(-float(made.gate.weight[0] @ torch.cat([h, context]) + made.gate.bias)))
    mixed = {word: gate * share for word, share in enumerate(words)}
    for weight, place in zip(weights, places, strict=True):
        mixed[tokens[place]] = mixed.get(tokens[place], 0.0) + (1 - gate) * weight
    return mixed, gate


def test_the_probabilities_are_the_papers() -> None:
    made, given, h = head(), memory(), hidden()
    with Tape(made) as tape:
        watched = made(h, given)
    got = made(h, given)
    torch.testing.assert_close(got, watched)
    assert got.shape == (4, TIME, 10)
    for row, tokens in enumerate(TOKENS):
        for t in range(TIME):
            wanted, gate = by_hand(made, h[row, t], tokens, given.outputs[row])
            probabilities = got[row, t].exp().tolist()
            assert probabilities == pytest.approx([wanted.get(word, 0.0) for word in range(10)], abs=1e-12)
            assert tape["gate"][row, t].item() == pytest.approx(gate, abs=1e-12)
    assert tape["weights"].shape == (4, 1, TIME, 5)


def test_every_row_sums_to_one() -> None:
    made, h = head(), hidden()
    torch.testing.assert_close(made(h, memory()).exp().sum(-1), torch.ones(4, TIME).double())


def test_a_row_with_nothing_to_copy_only_generates() -> None:
    made, h = head(), hidden()
    got = made(h, memory())
    torch.testing.assert_close(got[2:, :, :VOCABULARY], made.generate(h[2:], None).log_softmax(-1))
    assert got[2:, :, VOCABULARY:].isneginf().all() and got[1, :, 9].isneginf().all()
    alone = made(h[3:], memory([[]], longest=0))
    torch.testing.assert_close(alone, made.generate(h[3:], None).log_softmax(-1))


def test_special_tokens_and_padding_are_never_copied() -> None:
    made, given, h = head(), memory(), hidden()
    assert SPECIALS == UNK + 1
    assert made.prepare(given)["first"].tolist() == [
        [0, 1, 2, 1, 4],
        [0, -1, 2, -1, -1],
        [-1] * 5,
        [-1] * 5,
    ]
    with Tape(made) as tape:
        made(h, given)
    weights = tape["weights"]
    assert not weights[1, :, :, [1, 3, 4]].any() and not weights[2:].any()
    torch.testing.assert_close(weights[:2].sum(-1), torch.ones(2, 1, TIME).double())


def test_the_first_place_of_a_word_is_one_that_may_be_copied() -> None:
    given = memory([[9, 9, 5]], longest=3)
    gap = Memory(given.outputs, torch.tensor([[False, True, True]]), given.summary, tokens=given.tokens)
    assert head().prepare(gap)["first"].tolist() == [[-1, 1, 2]]


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_gradients(smoothing: float) -> None:
    made = head(smoothing=smoothing).train()
    given, h = memory(), hidden().requires_grad_()
    outputs = given.outputs.clone().requires_grad_()
    names = [name for name, _ in made.named_parameters()]
    target = Field(torch.tensor([[9, 5], [8, 2], [7, 0], [4, 2]]), torch.tensor([[True] * 2] * 2 + [[True, False]] * 2))

    def loss(h: Tensor, outputs: Tensor, *values: Tensor) -> Tensor:
        seen = Memory(outputs * given.mask.unsqueeze(-1), given.mask, given.summary, tokens=given.tokens)
        return made.loss(functional_call(made, dict(zip(names, values, strict=True)), (h, seen)), target)[0]

    everything = (h, outputs, *[value.detach().clone().requires_grad_() for value in made.parameters()])
    assert torch.autograd.gradcheck(loss, everything)
    with torch.autograd.set_detect_anomaly(True):  # no NaN on the way either
        slopes = torch.autograd.grad(loss(*everything), everything)
    for slope in slopes:
        assert torch.isfinite(slope).all() and slope.any()


def test_a_word_that_is_all_but_impossible_still_has_a_gradient() -> None:
    """In single precision exp(-200) is zero; its logarithm, and what would make it likelier, are not."""
    made = head().float()
    with torch.no_grad():
        made.key.weight.zero_()[0, 0] = 1
        made.query.weight.zero_()
        made.query.bias.zero_()[0] = 5**0.5
        made.gate.weight.zero_()
        made.gate.bias.fill_(300.0)
    outputs = torch.tensor([[[200.0, 0, 0], [0.0, 0, 0], [0.0, 0, 0]]], requires_grad=True)
    mask = torch.ones(1, 3, dtype=torch.bool)
    given = Memory(outputs, mask, torch.zeros(1, WIDTH), tokens=torch.tensor([[8, 9, 9]]))
    got = made(torch.zeros(1, 1, SIZE), given)
    assert got[0, 0, 9].item() == pytest.approx(-300 - 200 + math.log(2), rel=1e-6)
    made.loss(got, Field(torch.tensor([[9]])))[0].backward()
    assert outputs.grad is not None and outputs.grad[0, :, 0].tolist() == pytest.approx([1.0, -0.5, -0.5])
    for parameter in made.parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all()


def test_steps_are_the_whole_and_keys_are_made_once() -> None:
    made, given, h = head(), memory(), hidden()
    keys = made.prepare(given)
    whole = made(h, given)
    for t in range(TIME):
        torch.testing.assert_close(made(h[:, t : t + 1], given, keys), whole[:, t : t + 1])
    with torch.no_grad():
        made.key.weight.zero_()
    torch.testing.assert_close(made(h, given, keys), whole)


def test_reordered_rows_answer_as_before() -> None:
    made, given, h = head(), memory(), hidden()
    index = torch.tensor([2, 0, 0, 3, 1])
    moved = made(h[index], given.reorder(index), states.reorder(made.prepare(given), index))
    torch.testing.assert_close(moved, made(h, given)[index])


def test_padding_is_invisible() -> None:
    made, given, h = head(), memory(), hidden()
    batch = made(h, given)
    assert given.tokens is not None
    dirty = Memory(
        torch.where(given.mask.unsqueeze(-1), given.outputs, 1e3),
        given.mask,
        given.summary,
        tokens=torch.where(given.mask, given.tokens, 11),
    )
    torch.testing.assert_close(made(h, dirty), batch)
    for row, tokens in enumerate(TOKENS):
        size = len(tokens)
        own = Memory(
            given.outputs[row : row + 1, :size],
            given.mask[row : row + 1, :size],
            given.summary[row : row + 1],
            tokens=given.tokens[row : row + 1, :size],
        )
        alone = made(h[row : row + 1], own)
        width = max([VOCABULARY, *[token + 1 for token in tokens]])
        assert alone.shape[-1] == width
        torch.testing.assert_close(alone, batch[row : row + 1, :, :width])
        assert batch[row, :, width:].isneginf().all()


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_smooths_over_the_fixed_vocabulary(smoothing: float, training: bool) -> None:
    made = head(smoothing=smoothing).train(training)
    logs = made(hidden(), memory())
    target = Field(
        torch.tensor([[9, 5], [8, 2], [7, 9], [0, 99]]),
        torch.tensor([[True, True], [True, True], [True, False], [False, False]]),
    )
    got, count = made.loss(logs, target)
    rate, wanted = smoothing if training else 0.0, 0.0
    for row, t in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0)):
        scores = logs[row, t].tolist()
        wanted -= (1 - rate) * scores[int(target.values[row, t])] + rate * sum(scores[:VOCABULARY]) / VOCABULARY
    assert got.item() == pytest.approx(wanted, abs=1e-12)
    assert count.item() == 5 == made.count(target).item()


def test_a_target_must_be_a_word_of_its_row() -> None:
    made = head()
    logs = made(hidden(), memory())
    with pytest.raises(ValueError, match="target id 10 for 10 words: no row has so many of its own"):
        made.loss(logs, Field(torch.tensor([[10, 1]] * 4)))
    with pytest.raises(ValueError, match="a target's own word is not in its source"):
        made.loss(logs, Field(torch.tensor([[1, 1], [9, 1], [1, 1], [1, 1]])))


def test_a_patch_of_gate_and_weights_is_what_is_written() -> None:
    made, given, h = head(), memory(), hidden()
    with Patch(made, {"gate": torch.zeros_like, "weights": lambda w: (torch.arange(5) == 1).double().expand_as(w)}):
        copied = made(h, given).exp()
    torch.testing.assert_close(copied[0, :, 9], torch.ones(TIME).double())
    with Patch(made, {"gate": torch.ones_like}):
        torch.testing.assert_close(made(h, given)[:, :, :VOCABULARY], made.generate(h, None).log_softmax(-1))


def test_a_tape_keeps_gradients_and_masks_what_is_no_data() -> None:
    made, given, h = head(), memory(), hidden()
    steps = torch.tensor([[True, True], [True, False], [True, True], [False, False]])
    with Tape(made, grad=True) as tape:
        logs = made(h, given, mask=steps)
        (-logs[0, 0, 9]).backward()
    assert not tape["gate"][1, 1].any() and not tape["weights"][1, :, 1].any() and tape["gate"][1, 0].all()
    assert tape["weights"].grad is not None
    slope = tape["weights"].grad[0, 0, 0]
    assert (slope[[1, 3]] < 0).all(), "more weight on the word's places makes it likelier"
    assert not tape["weights"].grad[1:].any()


def test_half_precision_is_mixed_in_single_precision() -> None:
    made, given = head().float(), memory()
    single = Memory(given.outputs.float(), given.mask, given.summary.float(), tokens=given.tokens)
    h = hidden().float()
    wanted = made(h, single)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = made(h, single)
        assert got.dtype == torch.float32
        torch.testing.assert_close(got.exp().sum(-1), torch.ones(4, TIME), atol=1e-5, rtol=0)
        assert made.loss(got, Field(torch.tensor([[9, 5], [8, 2], [7, 1], [4, 2]])))[0].dtype == torch.float32
    torch.testing.assert_close(got.exp(), wanted.exp(), atol=0.05, rtol=0)


def test_the_words_are_those_of_the_tokens_head() -> None:
    table = nn.Parameter(torch.randn(VOCABULARY, 6))
    made = CopyHead(SIZE, VOCABULARY, table, WIDTH, dropout=0.5)
    assert made.generate.weight is table and isinstance(made.generate.adapt, nn.Linear)
    assert made.generate.drop == 0.5 and made.query.out_features == 128
    assert made.key.bias is None


def test_what_a_copy_head_needs() -> None:
    made, given = head(), memory()
    with pytest.raises(InputError, match=r"a copy head reads an encoder's memory: .* or take head: tokens\."):
        made(hidden(), None)
    with pytest.raises(InputError, match="copies tokens of a source, and this model's source has none"):
        made(hidden(), Memory(given.outputs, given.mask, given.summary))
    with pytest.raises(ValueError, match=r"source tokens \(4, 4\) for a memory of \(4, 5\)"):
        assert given.tokens is not None
        made(hidden(), Memory(given.outputs, given.mask, given.summary, tokens=given.tokens[:, :4]))
