"""Padding is invisible: a row's numbers and gradients are its own, whatever lies beside or behind it."""

import grid
import pytest
import torch
from grid import Case, close
from torch import Tensor

from seqloom import state as states
from seqloom.model import SequenceModel

LENGTHS = (3, 7, 1, 5)
WIDER = 9
SEEDS = [None, 5]
"""Padding of zeros, and padding of noise."""


@pytest.mark.parametrize("junk", SEEDS, ids=["zeros", "noise"])
@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_what_an_encoder_makes_of_a_row_is_the_rows_own(case: Case, junk: int | None) -> None:
    encoder = grid.encoder_of(case)
    rows = [row.requires_grad_() for row in grid.vectors(LENGTHS)]
    values, mask = grid.joined(rows, WIDER, junk)
    values.retain_grad()
    memory, state = encoder(values, mask)
    assert not memory.outputs[~memory.mask].any(), "outputs on padding are zero"
    for number, row in enumerate(rows):
        assert memory.mask[number].sum() == encoder.count(len(row))
        alone, end = encoder(row[None], torch.ones(1, len(row), dtype=torch.bool))
        close(memory.outputs[number, : encoder.count(len(row))], alone.outputs[0])
        close(memory.summary[number], alone.summary[0])
        if state:
            grid.same_state(states.split(state)[number], end)
        if memory.final is not None:
            assert alone.final is not None
            grid.same_state(states.split(memory.final)[number], alone.final)
    (memory.outputs.square().sum() + memory.summary.square().sum()).backward()
    assert values.grad is not None
    assert not values.grad[~mask].any(), "nothing flows into padding"
    assert values.grad[mask].any()


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_what_a_decoder_makes_of_a_row_is_the_rows_own(case: Case) -> None:
    decoder = grid.decoder_of(case)
    rows = grid.vectors(LENGTHS)
    for junk in SEEDS:
        values, mask = grid.joined(rows, WIDER, junk)
        hidden, state = decoder(values.requires_grad_(), mask)
        assert not hidden[~mask].any(), "outputs on padding are zero"
        for number, row in enumerate(rows):
            alone, end = decoder(row[None], None)
            close(hidden[number, : len(row)], alone[0])
            grid.same_state(states.split(state)[number], end)
        (grad,) = torch.autograd.grad(hidden.square().sum(), values)
        assert not grad[~mask].any(), "nothing flows into padding"


def losses_and_gradients_add_up(model: SequenceModel, alone: list[Tensor], batched: list[Tensor]) -> None:
    """Hold the loss of a batch, and its gradient, to the sums over its rows by themselves."""
    wanted = torch.stack(alone).sum()
    slopes = grid.gradients(model, wanted)
    for loss in batched:
        close(loss, wanted)
        close(grid.gradients(model, loss), slopes)


@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_the_loss_of_a_batch_is_the_sum_of_its_rows(case: Case) -> None:
    model = grid.classifier(case)
    rows = grid.texts(LENGTHS)
    alone = [grid.total(model, grid.labelled([row])) for row in rows]
    wide = [grid.total(model, grid.labelled(rows, WIDER, junk)) for junk in SEEDS]
    losses_and_gradients_add_up(model, alone, wide)


@pytest.mark.parametrize("reads", grid.READS)
@pytest.mark.parametrize("case", grid.ENCODER_KINDS, ids=str)
def test_no_way_of_reading_a_memory_sees_padding(case: Case, reads: str) -> None:
    model = grid.classifier(case, {"reads": reads})
    rows = grid.texts((*LENGTHS, 0))
    alone = [grid.total(model, grid.labelled([row])) for row in rows]
    wide = [grid.total(model, grid.labelled(rows, WIDER, junk)) for junk in SEEDS]
    losses_and_gradients_add_up(model, alone, wide)


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_the_loss_of_lines_is_the_sum_of_each_line(case: Case) -> None:
    model = grid.writer(case)
    rows = grid.texts([length + 1 for length in LENGTHS])
    alone = [grid.total(model, grid.written([row])) for row in rows]
    wide = [grid.total(model, grid.written(rows, WIDER, junk)) for junk in SEEDS]
    losses_and_gradients_add_up(model, alone, wide)


@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_the_count_is_of_data_alone(case: Case) -> None:
    model = grid.classifier(case)
    batch = grid.labelled(grid.texts(LENGTHS), WIDER)
    outputs, _ = model(batch)
    (_, count) = model.loss(outputs, batch)["label"]
    assert float(count) == len(LENGTHS) == float(model.counts(batch)["label"])


@pytest.mark.parametrize("case", grid.DECODER_KINDS, ids=str)
def test_the_count_of_lines_is_of_their_tokens(case: Case) -> None:
    model = grid.writer(case)
    batch = grid.written(grid.texts([length + 1 for length in LENGTHS]), WIDER)
    outputs, _ = model(batch)
    (_, count) = model.loss(outputs, batch)["words"]
    assert float(count) == sum(LENGTHS) == float(model.counts(batch)["words"])


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("width", [0, 4])
@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_an_empty_row_has_a_summary(case: Case, width: int, training: bool) -> None:
    """Recurrent: the start State, whatever it is; the others: zero, the mean of nothing. All gradients are finite."""
    encoder = grid.encoder_of(case).train(training)
    rows = grid.vectors((0, width, 0))
    values, mask = grid.joined(rows, width, junk=1)
    values.requires_grad_()
    torch.manual_seed(3)
    memory, _ = encoder(values, mask)
    if memory.final is None:
        expected = torch.zeros_like(memory.summary)
    else:
        torch.manual_seed(3)
        expected = encoder.stack.top(encoder.stack.start(3, values))  # type: ignore[union-attr, operator]
    assert torch.equal(memory.summary[0], expected[0])
    assert torch.equal(memory.summary[2], expected[2])
    loss = memory.summary.square().sum() + memory.outputs.square().sum()
    if loss.requires_grad:
        slopes = [values.grad for _ in [loss.backward()] if values.grad is not None]
        slopes += [weight.grad for weight in encoder.parameters() if weight.grad is not None]
        assert all(slope.isfinite().all() for slope in slopes)


@pytest.mark.parametrize("case", grid.ENCODER_KINDS, ids=str)
def test_a_batch_of_empty_rows_trains(case: Case) -> None:
    model = grid.classifier(case).train()
    loss = grid.total(model, grid.labelled(grid.texts((0, 0)), 3))
    assert all(slope.isfinite().all() for slope in grid.gradients(model, loss).values())


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_an_empty_line_changes_nothing(case: Case) -> None:
    model = grid.writer(case)
    lines = grid.texts([5, 1, 7])
    alone = [grid.total(model, grid.written([line])) for line in lines if len(line) > 1]
    losses_and_gradients_add_up(model, alone, [grid.total(model, grid.written(lines, WIDER, 5))])


@pytest.mark.parametrize(
    "case", [one for one in grid.ENCODER_CASES if one.given.get("positions") == "learned"], ids=str
)
def test_padding_may_stand_beyond_the_learned_positions(case: Case) -> None:
    encoder = grid.encoder_of(case, max_positions=5)
    rows = grid.vectors((5, 2))
    close(encoder(*grid.joined(rows, width=8))[0].summary, encoder(*grid.joined(rows))[0].summary)
