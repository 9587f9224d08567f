"""The CTC head: its loss against every path written out, what padding does, and what cannot be told."""

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.errors import InputError
from seqloom.heads.ctc import BLANK, SHIFT, CTCHead, classes, collapse, filled, ids, least_steps, needed
from seqloom.memory import Memory
from seqloom.spec import parse

VOCABULARY = 7
"""Four specials, the unknown piece and two letters: with the blank four classes."""


def head(**more: float) -> CTCHead:
    torch.manual_seed(3)
    made = CTCHead(5, VOCABULARY, **more).double().eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn_like(weight))
    return made


def heard(lengths: list[int], width: int | None = None) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(1)
    hidden = torch.randn(len(lengths), width or max(lengths), 5, generator=g, dtype=torch.float64)
    return hidden, torch.arange(hidden.shape[1]) < torch.tensor(lengths)[:, None]


def target(texts: list[list[int]]) -> Field:
    """Lay texts of classes side by side as ids of the vocabulary."""
    wide = max(map(len, texts))
    values = torch.tensor([[*ids(text), *[0] * (wide - len(text))] for text in texts])
    return Field(values, torch.arange(wide) < torch.tensor([len(text) for text in texts])[:, None])


def by_paths(steps: Tensor, text: list[int]) -> float:
    """Return ln p of a text as the sum over all paths that read so."""
    paths = product(range(steps.shape[1]), repeat=steps.shape[0])
    found = [sum(float(steps[t, one]) for t, one in enumerate(path)) for path in paths if collapse(path) == text]
    return math.log(sum(map(math.exp, found)))


def test_the_loss_is_minus_ln_p_of_the_texts() -> None:
    made, (hidden, mask) = head(), heard([5, 3, 4, 2])
    texts = [[1, 2, 2], [3], [2, 3], []]
    outputs = made(hidden, None, None, mask).detach()
    loss, count = made.loss(outputs, target(texts))
    wanted = [by_paths(outputs[row, : int(mask[row].sum())], text) for row, text in enumerate(texts)]
    assert float(loss) == pytest.approx(-sum(wanted), abs=1e-9)
    assert float(count) == 6


def test_probabilities_of_all_texts_sum_to_one() -> None:
    made, (hidden, mask) = head(), heard([3])
    outputs = made(hidden, None, None, mask).detach()
    texts = [list(text) for length in range(4) for text in product((1, 2, 3), repeat=length) if least_steps(text) <= 3]
    losses = [float(made.loss(outputs, target([text]))[0]) for text in texts]
    assert sum(math.exp(-one) for one in losses) == pytest.approx(1, abs=1e-12)


def test_padding_is_a_certain_blank() -> None:
    made = head()
    hidden, mask = heard([3, 5], width=9)
    outputs = made(hidden, None, None, mask)
    alone = made(hidden[:1, :3], None, None, mask[:1, :3])
    texts = target([[2, 1], [1, 1]])
    torch.testing.assert_close(outputs[:1, :3], alone)
    assert filled(outputs).equal(mask)
    assert made.greedy(outputs)[0] == made.greedy(alone)[0]
    loss, _ = made.loss(outputs, texts)
    apart, _ = made.loss(made(hidden[1:, :5], None, None, mask[1:, :5]), Field(texts.values[1:], texts.mask[1:]))  # type: ignore[index]
    first, _ = made.loss(alone, Field(texts.values[:1], texts.mask[:1]))  # type: ignore[index]
    torch.testing.assert_close(loss, first + apart)


def test_gradients_reach_every_weight_and_are_those_of_the_row_alone() -> None:
    made = head()
    hidden, mask = heard([4], width=7)
    long = made.loss(made(hidden, None, None, mask), target([[1, 2]]))[0]
    short = made.loss(made(hidden[:, :4], None, None, mask[:, :4]), target([[1, 2]]))[0]
    ours = torch.autograd.grad(long, list(made.parameters()))
    theirs = torch.autograd.grad(short, list(made.parameters()))
    torch.testing.assert_close(ours, theirs)
    assert all(grad.isfinite().all() and (grad != 0).all() for grad in ours)


def test_the_gradient_is_that_of_finite_differences() -> None:
    made, (hidden, mask) = head(), heard([4])
    hidden.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: made.loss(made(x, None, None, mask), target([[2, 2]]))[0], (hidden,))


def test_it_reads_the_memory_beside_a_decoder() -> None:
    made, (hidden, mask) = head(), heard([4, 2])
    memory = Memory(hidden, mask, hidden.mean(1))
    written = torch.zeros(2, 9, 8, dtype=torch.float64)
    torch.testing.assert_close(made(written, memory, None, None), made(hidden, None, None, mask))


def test_what_needs_more_steps_than_there_are_is_refused_with_its_row() -> None:
    made, (hidden, mask) = head(), heard([5, 3], width=8)
    outputs = made(hidden, None, None, mask)
    with pytest.raises(InputError, match="row 1 of a batch: its 2 symbols need 3 steps, and it has 2"):
        made.loss(made(hidden, None, None, torch.arange(8) < torch.tensor([[5], [2]])), target([[1], [2, 2]]))
    made.loss(outputs, target([[1, 2, 3, 1, 2], [2, 2]]))  # just enough


def test_an_id_that_no_text_has_is_our_own_mistake() -> None:
    made, (hidden, mask) = head(), heard([4])
    with pytest.raises(ValueError, match="an id that no text has"):
        made.loss(made(hidden, None, None, mask), Field(torch.tensor([[2]]), torch.tensor([[True]])))


def test_rows_without_steps_tell_the_empty_text() -> None:
    made = head()
    outputs = made(torch.zeros(2, 0, 5, dtype=torch.float64), None, None, torch.zeros(2, 0, dtype=torch.bool))
    loss, count = made.loss(outputs, Field(torch.zeros(2, 0, dtype=torch.long), torch.zeros(2, 0, dtype=torch.bool)))
    assert float(loss.detach()) == 0 and float(count) == 0
    assert made.greedy(outputs) == [[], []]
    hidden, mask = heard([0, 2], width=2)
    loss, _ = made.loss(made(hidden, None, None, mask), target([[], [1]]))
    assert math.isfinite(float(loss.detach()))


def test_steps_needed_count_the_blanks_between_equals() -> None:
    texts = [[1, 1, 1], [1, 2, 1], [3], []]
    found = target(texts)
    assert found.mask is not None
    assert needed(found.values, found.mask).tolist() == [5, 3, 1, 0] == [least_steps(text) for text in texts]


def test_paths_are_read_by_joining_and_leaving_out_blanks() -> None:
    assert collapse([0, 2, 2, 0, 1, 1, 0, 1, 0]) == [2, 1, 1]
    assert collapse([]) == collapse([BLANK]) == []
    assert ids([1, 2]) == [1 + SHIFT, 2 + SHIFT] and classes(ids([1, 2])) == [1, 2]


def test_greedy_gives_ids_of_the_likeliest_path() -> None:
    made = head()
    path = [0, 3, 3, 0, 3, 1]
    outputs = torch.eye(4).log()[torch.tensor(path)].unsqueeze(0).clamp(min=-50)
    assert made.greedy(outputs) == [ids([3, 3, 1])]


def test_dropout_acts_in_training_alone() -> None:
    made, (hidden, mask) = head(dropout=0.5), heard([4])
    quiet = made(hidden, None, None, mask)
    assert quiet.equal(made(hidden, None, None, mask))
    made.train()
    assert not quiet.equal(made(hidden, None, None, mask))


def test_beside_a_decoder_it_is_as_wide_as_what_the_bridge_shows() -> None:
    spec = parse(
        {
            "task": "translate",
            "source": {"size": 4},
            "target": {"size": 4},
            "encoder": {"kind": "bigru", "size": 3},
            "bridge": {"kind": "attention"},
            "decoder": {"kind": "gru", "size": 5},
            "heads": {"words": {"kind": "tokens"}, "ctc": {"kind": "ctc", "weight": 0.3}},
        }
    )
    model = build(spec, Wiring(source=VOCABULARY, target=VOCABULARY))
    assert model.heads["ctc"].out.in_features == 6 and model.weights == {"words": 1.0, "ctc": 0.3}  # type: ignore[union-attr]
    read = Field(torch.tensor([[4, 5, 6, 4, 5], [6, 6, 4, 0, 0]]), torch.tensor([[True] * 5, [True] * 3 + [False] * 2]))
    fed = Field(torch.tensor([[1, 5, 6], [1, 4, 0]]), torch.tensor([[True] * 3, [True, True, False]]))
    text = Field(torch.tensor([[5, 6], [4, 0]]), torch.tensor([[True, True], [True, False]]))
    batch = Batch({"source": read, "target": fed}, {"words": fed, "ctc": text})
    outputs, _ = model(batch)
    assert outputs["ctc"].shape == (2, 5, VOCABULARY - SHIFT) and filled(outputs["ctc"]).equal(read.mask)  # type: ignore[arg-type]
    for loss, _ in model.loss(outputs, batch).values():
        (slope,) = torch.autograd.grad(loss, [model.source.table.weight], retain_graph=True)  # type: ignore[union-attr]
        assert slope[4:].any()  # both learn the encoder
