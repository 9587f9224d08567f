"""What learns: every weight has a gradient, gradients are right, weights survive a file, eight rows are learned."""

from pathlib import Path

import grid
import pytest
import torch
from grid import Case
from safetensors.torch import load_model, save_model
from torch import Tensor
from torch.func import functional_call

from seqloom.batch import Batch, Field
from seqloom.decoders import decoder_options
from seqloom.encoders import encoder_options
from seqloom.model import SequenceModel
from seqloom.ops.scan import linear_scan

TEXTS = grid.texts([8, 5, 8, 7, 8, 6, 8, 8])


def every_weight_learns(model: SequenceModel, loss: Tensor, side: str, some: bool) -> None:
    """Hold each number of each weight to a gradient that is not zero (with `some`, where units may be dead, a third).

    Of embeddings, it is the rows that were looked up, and no other.
    """
    seen = torch.zeros(grid.VOCABULARY, dtype=torch.bool).index_fill(0, torch.cat(TEXTS), True)
    for name, slope in grid.gradients(model, loss).items():
        live = slope.abs() > 1e-10  # what is zero by mathematics is not zero by rounding
        if name == f"{side}.table.weight":
            assert not live[~seen].any(), f"{name}: a row that was not seen"
            live = live[seen]
        elif name.endswith("places.weight"):
            assert not live[8:].any(), name
            live = live[:8]
        share = float(live.double().mean())
        assert share > 0.3 if some else share == 1, f"{name}: {share} have a gradient"


@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_every_weight_of_a_classifier_learns(case: Case) -> None:
    model = grid.classifier(case).train()
    loss = grid.total(model, grid.labelled(TEXTS, width=10))
    every_weight_learns(model, loss, "source", grid.relu(case, encoder_options(case.kind)))


@pytest.mark.parametrize("reads", grid.READS)
@pytest.mark.parametrize("case", grid.ENCODER_KINDS, ids=str)
def test_every_weight_learns_however_the_memory_is_read(case: Case, reads: str) -> None:
    model = grid.classifier(case, {"reads": reads})
    loss = grid.total(model, grid.labelled(TEXTS))
    every_weight_learns(model, loss, "source", reads == "max" or grid.relu(case, encoder_options(case.kind)))


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_every_weight_of_a_writer_learns(case: Case) -> None:
    model = grid.writer(case).train()
    rows = [torch.cat([row, row[:1]]) for row in TEXTS]
    loss = grid.total(model, grid.written(rows, width=8))
    every_weight_learns(model, loss, "target", grid.relu(case, decoder_options(case.kind)))


@pytest.mark.parametrize("case", grid.DECODER_KINDS, ids=str)
def test_a_tied_embedding_learns_from_both_its_ends(case: Case) -> None:
    free, tied = grid.writer(case), grid.writer(case, tie=True)
    batch = grid.written(TEXTS)
    assert "heads.words.weight" not in dict(tied.named_parameters())
    slope = grid.gradients(tied, grid.total(tied, batch))["target.table.weight"]
    assert (slope != 0).all(), "as an output every word learns, seen or not"
    assert len(list(tied.parameters())) == len(list(free.parameters())) + 1, "a projection instead of a table"


@pytest.mark.parametrize("case", grid.CELL_CASES, ids=str)
def test_the_gradient_of_a_step_is_the_slope(case: Case) -> None:
    cell = grid.cell_of_case(case, size=3)
    g = torch.Generator().manual_seed(1)
    names = [name for name, _ in cell.named_parameters()]
    inputs = [weight.detach().requires_grad_() for weight in cell.parameters()]
    inputs += [
        torch.randn(2, size, generator=g, dtype=torch.float64, requires_grad=True)
        for size in (grid.WIDTH, *[3] * len(cell.parts))
    ]

    def step(*given: Tensor) -> tuple[Tensor, ...]:
        weights, x, state = given[: len(names)], given[len(names)], given[len(names) + 1 :]
        y, new = functional_call(
            cell, dict(zip(names, weights, strict=True)), (x, dict(zip(cell.parts, state, strict=True)))
        )
        return (y, *new.values())

    assert torch.autograd.gradcheck(step, inputs)


@pytest.mark.parametrize("time", [1, 2, 4, 5, 9, 11])
def test_the_gradient_of_the_scan_is_the_slope(time: int) -> None:
    g = torch.Generator().manual_seed(time)
    a, b = (torch.randn(2, time, 3, generator=g, dtype=torch.float64, requires_grad=True) for _ in range(2))
    start = torch.randn(2, 3, generator=g, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(linear_scan, (a, b, start))


def same_after_a_file(model: SequenceModel, other: SequenceModel, path: Path) -> None:
    """Hold `other`, which has other weights, to every weight of `model` once it has read them from a file."""
    grid.scramble(other, seed=99)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    save_model(model, str(path))
    load_model(other, path)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_a_classifier_survives_a_file(case: Case, tmp_path: Path) -> None:
    model, other = grid.classifier(case), grid.classifier(case)
    same_after_a_file(model, other, tmp_path / "model.safetensors")
    batch = grid.labelled(TEXTS)
    assert torch.equal(other(batch)[0]["label"], model(batch)[0]["label"])


@pytest.mark.parametrize("tie", [False, True], ids=["free", "tied"])
@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_a_writer_survives_a_file(case: Case, tie: bool, tmp_path: Path) -> None:
    model, other = grid.writer(case, tie=tie), grid.writer(case, tie=tie)
    same_after_a_file(model, other, tmp_path / "model.safetensors")
    batch = grid.written(TEXTS)
    assert torch.equal(other(batch)[0]["words"], model(batch)[0]["words"])


STEPS, LR = 150, 0.03
"""Adam's steps, and its rate, in which eight rows are learned by heart."""


def overfitted(model: SequenceModel, batch: Batch) -> float:
    """Train on one batch and return the loss that is left, in nats per label or token."""

    def loss() -> Tensor:
        outputs, _ = model(batch)
        ((total, count),) = model.loss(outputs, batch).values()
        return total / count

    optimizer = torch.optim.Adam(model.parameters(), LR)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    return loss().item()


@pytest.mark.parametrize("case", grid.ENCODER_KINDS, ids=str)
def test_eight_rows_are_learned_by_heart(case: Case) -> None:
    model = grid.classifier(case, width=12, size=12).train()
    assert overfitted(model, grid.labelled(TEXTS)) < 0.02


@pytest.mark.parametrize("case", grid.DECODER_KINDS, ids=str)
def test_eight_lines_are_learned_by_heart(case: Case) -> None:
    """Only what follows the first three tokens is asked for: lines that begin alike cannot be told apart before."""
    model = grid.writer(case, width=12, size=24).train()
    batch = grid.written(TEXTS)
    wanted = batch.target["words"]
    assert wanted.mask is not None
    late = wanted.mask & (torch.arange(wanted.mask.shape[1]) >= 3)
    batch.target["words"] = Field(wanted.values, late, prefix=False)
    assert overfitted(model, batch) < 0.02
