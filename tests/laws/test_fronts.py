"""Fronts of recordings, pictures and films under the laws: in whole models, each with several encoders.

Cases come from the table and from the signatures behind it, so a new front is held to every law without a line here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grid
import pytest
import torch
from grid import Case, close
from safetensors.torch import load_model, save_model
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.fronts import FRONTS
from seqloom.fronts.front import Front, MediaShape
from seqloom.model import SequenceModel
from seqloom.spec import parse
from seqloom.table import options
from seqloom.tape import Tape

DIMS = {"audio": (5,), "image": (16, 16, 3), "video": (8, 8, 3)}
LENGTHS = (9, 4, 1, 7)
SMALL: dict[str, Any] = {"widths": (8, 8), "layers": 2, "frames": 2, "patch": 4}
FILES = {"weights", "freeze"}
"""Options that need a file; tests/fronts has them."""
ENCODERS = ("bag", "gru", "bilstm", "transformer")


def _given(known: Mapping[str, Any]) -> list[dict[str, Any]]:
    small = {name: value for name, value in SMALL.items() if name in known}
    found = [small]
    for name, option in known.items():
        if name not in FILES | set(SMALL):
            found += [{**small, name: value} for value in grid.choices(option)[1:]]
    return found


CASES = [
    (kind, Case(name, given), encoder)
    for name in FRONTS
    for kind in FRONTS[name].reads  # type: ignore[attr-defined]
    for number, given in enumerate(_given(options(FRONTS[name])))
    for encoder in (ENCODERS if not number else ENCODERS[1:2])
]
IDS = [f"{kind}-{front}-{encoder}" for kind, front, encoder in CASES]
EACH = pytest.mark.parametrize(("kind", "front", "encoder"), CASES, ids=IDS)


def model_of(kind: str, front: Case, encoder: str) -> SequenceModel:
    part: dict[str, Any] = {"kind": encoder, **({} if encoder == "bag" else {"size": 4})}
    part |= {"heads": 2, "inner": 5, "layers": 1, "max_positions": 64} if encoder == "transformer" else {}
    spec = parse(
        {
            "task": "classify",
            "source": {"tokens": kind, "size": 4, "front": {"kind": front.kind, **front.given}},
            "encoder": part,
            "heads": {"label": {"kind": "label"}},
        }
    )
    labels = {"label": (["a", "b", "c"], [1, 1, 1])}
    model = build(spec, Wiring(labels=labels, media=MediaShape(kind, DIMS[kind]))).double().eval()
    grid.scramble(model)
    return model


def items(kind: str) -> list[Tensor]:
    """Return items of several lengths, or of one where all have the same."""
    g = torch.Generator().manual_seed(3)
    if kind == "image":
        return [torch.randn(*DIMS[kind], generator=g, dtype=torch.float64) for _ in LENGTHS]
    return [torch.randn(length, *DIMS[kind], generator=g, dtype=torch.float64) for length in LENGTHS]


def laid(rows: list[Tensor], width: int | None = None, junk: bool = False) -> Batch:
    time = width or max(map(len, rows))
    shape = (len(rows), time, *rows[0].shape[1:])
    values = torch.full(shape, 1e3, dtype=torch.float64) if junk else torch.zeros(shape, dtype=torch.float64)
    mask = torch.zeros(len(rows), time, dtype=torch.bool)
    for number, row in enumerate(rows):
        values[number, : len(row)] = row
        mask[number, : len(row)] = True
    target = {"label": Field(torch.arange(len(rows)) % 3)}
    return Batch({"source": Field(values, mask)}, target, tuple(range(len(rows))), int(mask.sum()))


@EACH
def test_what_a_model_makes_of_an_item_is_the_items_own(kind: str, front: Case, encoder: str) -> None:
    model, rows = model_of(kind, front, encoder), items(kind)
    wider = None if kind == "image" else max(LENGTHS) + 3
    for junk in (False, True):
        memory, _ = model.encode(laid(rows, wider, junk))
        for number, row in enumerate(rows):
            alone, _ = model.encode(laid([row]))
            count = int(memory.mask[number].sum())
            assert isinstance(model.source, Front) and count == model.source.count(len(row)) == alone.mask.sum()
            close(memory.outputs[number, :count], alone.outputs[0], 1e-10)
            close(memory.summary[number], alone.summary[0], 1e-10)
            assert not memory.outputs[number, count:].any()


@EACH
def test_nothing_flows_into_padding(kind: str, front: Case, encoder: str) -> None:
    model, batch = model_of(kind, front, encoder), laid(items(kind), None if kind == "image" else max(LENGTHS) + 3)
    field = batch.inputs["source"]
    field.values.requires_grad_()
    memory, _ = model.encode(batch)
    (memory.outputs.square().sum() + memory.summary.square().sum()).backward()
    assert field.values.grad is not None and field.mask is not None
    assert not field.values.grad[~field.mask].any() and field.values.grad[field.mask].any()


@EACH
def test_the_order_of_rows_changes_nothing(kind: str, front: Case, encoder: str) -> None:
    model, rows = model_of(kind, front, encoder), items(kind)
    order = [2, 0, 3, 1]
    memory, _ = model.encode(laid(rows))
    moved, _ = model.encode(laid([rows[place] for place in order]))
    close(memory.reorder(torch.tensor(order)).outputs, moved.outputs, 1e-10)


@EACH
def test_every_weight_learns_and_survives_a_file(kind: str, front: Case, encoder: str, tmp_path: Path) -> None:
    model, batch = model_of(kind, front, encoder), laid(items(kind))
    relu = front.kind in ("cnn", "frames", "cnn1d")
    for name, slope in grid.gradients(model, grid.total(model, batch)).items():
        live = slope.abs() > 1e-12
        assert live.any() if relu else live.all(), f"{name}: {float(live.double().mean())} have a gradient"
    before = model(batch)[0]["label"]
    save_model(model, str(tmp_path / "m.safetensors"))
    other = model_of(kind, front, encoder)
    for parameter in other.parameters():
        torch.nn.init.zeros_(parameter)
    load_model(other, str(tmp_path / "m.safetensors"))
    assert torch.equal(other(batch)[0]["label"], before)


@EACH
def test_watching_changes_nothing(kind: str, front: Case, encoder: str) -> None:
    model, batch = model_of(kind, front, encoder), laid(items(kind))
    before = model(batch)[0]["label"]
    with Tape(model) as tape:
        close(model(batch)[0]["label"], before, 1e-10)
    assert encoder == "bag" or list(tape)


@EACH
def test_a_causal_front_never_looks_ahead(kind: str, front: Case, encoder: str) -> None:
    source = model_of(kind, front, encoder).source
    assert isinstance(source, Front)
    if not source.causal:
        return
    row = max(items(kind), key=len)
    changed = row.clone()
    changed[-1] += 1
    ways = [source(source.filled(one[None], torch.ones(1, len(one), dtype=torch.bool)))[0] for one in (row, changed)]
    whole = source.count(len(row))
    early = source.count(len(row) - 1) - (0 if source.count(len(row) - 1) < whole else 1)
    assert early > 0
    close(ways[0][:early], ways[1][:early], 1e-10)
