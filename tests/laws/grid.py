"""The grid: every cell, encoder, decoder and head of the tables with each of their options, tiny and in float64.

Cases come from the tables and from the signatures behind them, so a new entry, or a new choice of an old one, is
held to every law without a line here. Weights are scrambled: a bias that starts at zero would hide its own loss.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import torch
from torch import Tensor, nn

from seqloom import state as states
from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.cells import CELLS
from seqloom.cells.cell import Cell
from seqloom.decoders import build_decoder, decoder_options
from seqloom.decoders import kinds as decoder_kinds
from seqloom.decoders.decoder import Decoder
from seqloom.encoders import build_encoder, cell_of, encoder_options
from seqloom.encoders import kinds as encoder_kinds
from seqloom.encoders.encoder import Encoder
from seqloom.heads import HEADS
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.state import State
from seqloom.table import Option, options

VOCABULARY, WIDTH, SIZE, LABELS = 11, 3, 4, 3
FIRST = 4
"""The first id that a text can hold: 0 to 3 are PAD, BOS, EOS and SEP."""
SMALL: dict[str, Any] = {"size": SIZE, "heads": 2, "inner": 5, "max_positions": 64, "layers": 1}
NOISE = {"dropout", "dropping", "recurrent_dropout"}
"""Options that act in training only; the laws about training set them."""
OF_A_SOURCE = {"project", "copy"}
"""Starts of a decoder that need an encoder; see bridged.py."""


@dataclass(frozen=True)
class Case:
    """A kind from a table and the options it is built with."""

    kind: str
    given: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.kind, *(f"{name}={value}" for name, value in self.given.items())])


def choices(option: Option) -> list[Any]:
    """List the values of an option that is a choice, its default first; a number among the choices is 2."""
    kinds = alternatives(option)
    found = [None] if NoneType in kinds else []
    found += [False, True] if bool in kinds else []
    found += [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
    found += [2] if found and int in kinds else []
    return sorted(found, key=lambda value: value != option.default)


def alternatives(option: Option) -> tuple[Any, ...]:
    """List what an annotation allows: the members of a union, or itself alone."""
    return get_args(option.kind) if get_origin(option.kind) in (Union, UnionType) else (option.kind,)


def variants(known: Mapping[str, Option]) -> Iterator[dict[str, Any]]:
    """Give each choice by itself, two layers, and all pairs of `norm` and `positions` where there are both."""
    deep = {"layers": 2} if "layers" in known else {}
    pair = {"norm", "positions"} if {"norm", "positions"} <= set(known) else set()
    yield {}
    if deep:
        yield deep
    for name, option in known.items():
        if name not in NOISE | pair | set(SMALL):
            for value in choices(option)[1:]:
                yield {name: value, **(deep if bool in alternatives(option) else {})}
    if pair:
        for norm, positions in product(choices(known["norm"]), choices(known["positions"])):
            yield {**deep, "norm": norm, "positions": positions}
    if {"residual", "start"} <= set(known):
        both = {"bidirectional": True} if "bidirectional" in known else {}
        yield {**deep, "residual": True, "start": "learned", **both}


def noisy(known: Mapping[str, Option]) -> Iterator[dict[str, Any]]:
    """Give each way of dropping out, in two layers, so that there is something between them."""
    deep = {"layers": 2} if "layers" in known else {}
    if "dropout" in known:
        yield {"dropout": 0.4, **deep}
    if "dropping" in known:
        for way in choices(known["dropping"])[1:]:
            yield {"dropout": 0.4, "dropping": way, **deep}
    if "recurrent_dropout" in known:
        yield {"recurrent_dropout": 0.4, **deep}


def _recurrent_product(kind: str) -> bool:
    cell = cell_of(kind)
    return cell is None or bool(getattr(CELLS[cell], "recurrent_product"))  # noqa: B009


def _noisy(kind: str, known: Mapping[str, Option]) -> Iterator[dict[str, Any]]:
    for given in noisy(known):
        if "recurrent_dropout" not in given or _recurrent_product(kind):
            yield given


CELL_CASES = [Case(name, given) for name in CELLS for given in variants(options(CELLS[name]))]
ENCODER_CASES = [
    Case(kind, given)
    for kind in encoder_kinds()
    for given in ([{}] if cell_of(kind) not in (None, kind) else variants(encoder_options(kind)))
]
DECODER_CASES = [
    Case(kind, given)
    for kind in decoder_kinds()
    for given in variants(decoder_options(kind, None))
    if given.get("start") not in OF_A_SOURCE
]
NOISY_ENCODERS = [Case(kind, given) for kind in encoder_kinds() for given in _noisy(kind, encoder_options(kind))]
NOISY_DECODERS = [Case(kind, given) for kind in decoder_kinds() for given in _noisy(kind, decoder_options(kind, None))]
ENCODER_KINDS = [Case(kind) for kind in encoder_kinds()]
DECODER_KINDS = [Case(kind) for kind in decoder_kinds()]
READS = choices(options(HEADS["label"])["reads"])


def part(case: Case, known: Mapping[str, Option], **more: Any) -> dict[str, Any]:
    """Return the part of a spec: tiny sizes, no dropout unless the case asks for it, then the case's options."""
    quiet = {"dropout": 0.0} if "dropout" in known else {}
    small = {name: value for name, value in SMALL.items() if name in known}
    sized = {name: value for name, value in more.items() if name in known}
    return {"kind": case.kind, **small, **quiet, **sized, **case.given}


def relu(case: Case, known: Mapping[str, Option]) -> bool:
    """Say whether units of a case may be dead, so that some of its numbers have no gradient."""
    return case.given.get("activation", getattr(known.get("activation"), "default", None)) == "relu"


def scramble(module: nn.Module, seed: int = 0) -> None:
    """Add noise to every weight, the padding row of an embedding left at zero."""
    g = torch.Generator().manual_seed(seed)
    padding = {one.weight for one in module.modules() if isinstance(one, nn.Embedding) and one.padding_idx is not None}
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(torch.randn(weight.shape, generator=g, dtype=weight.dtype), alpha=0.3)
            if weight in padding:
                weight[0] = 0


def cell_of_case(case: Case, input_size: int = WIDTH, size: int = SIZE) -> Cell:
    """Build a cell in float64 with scrambled weights."""
    torch.manual_seed(0)
    cell: Cell = CELLS[case.kind](input_size, size, **case.given).double()
    scramble(cell)
    return cell


def encoder_of(case: Case, input_size: int = WIDTH, **more: Any) -> Encoder:
    """Build an encoder in float64 with scrambled weights, for evaluation."""
    torch.manual_seed(0)
    encoder = build_encoder(part(case, encoder_options(case.kind), **more), input_size).double().eval()
    scramble(encoder)
    return encoder


def decoder_of(case: Case, input_size: int = WIDTH, **more: Any) -> Decoder:
    """Build a decoder in float64 with scrambled weights, for evaluation."""
    torch.manual_seed(0)
    decoder = build_decoder(part(case, decoder_options(case.kind, None), **more), input_size).double().eval()
    scramble(decoder)
    return decoder


def classifier(
    case: Case, head: Mapping[str, Any] | None = None, labels: int = LABELS, width: int = WIDTH, **more: Any
) -> SequenceModel:
    """Build a whole model of an encoder and a label head, in float64, scrambled, for evaluation."""
    torch.manual_seed(0)
    spec = Spec(
        task="classify",
        source=SideSpec(size=width),
        encoder=part(case, encoder_options(case.kind), **more),
        heads={"label": {"kind": "label", **(head or {})}},
    )
    names = [f"label{n}" for n in range(labels)]
    model = build(spec, Wiring(source=VOCABULARY, labels={"label": (names, [1] * labels)})).double().eval()
    scramble(model)
    return model


def writer(
    case: Case, head: Mapping[str, Any] | None = None, tie: bool = False, width: int = WIDTH, **more: Any
) -> SequenceModel:
    """Build a whole language model of a decoder and a tokens head, in float64, scrambled, for evaluation."""
    torch.manual_seed(0)
    spec = Spec(
        task="language",
        target=SideSpec(size=width, tie=tie),
        decoder=part(case, decoder_options(case.kind, None), **more),
        heads={"words": {"kind": "tokens", **(head or {})}},
    )
    model = build(spec, Wiring(target=VOCABULARY)).double().eval()
    scramble(model)
    return model


def texts(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    """Draw a row of ids for each length."""
    g = torch.Generator().manual_seed(seed)
    return [torch.randint(FIRST, VOCABULARY, (length,), generator=g) for length in lengths]


def vectors(lengths: Sequence[int], size: int = WIDTH, seed: int = 0) -> list[Tensor]:
    """Draw a row of vectors [length, size] for each length."""
    g = torch.Generator().manual_seed(seed)
    return [torch.randn(length, size, generator=g, dtype=torch.float64) for length in lengths]


def joined(rows: Sequence[Tensor], width: int | None = None, junk: int | None = None) -> tuple[Tensor, Tensor]:
    """Put rows of unequal length side by side: values [batch, width, ...] and mask [batch, width].

    Padding holds zeros, or noise drawn from the seed `junk`.
    """
    width = max(map(len, rows)) if width is None else width
    like = rows[0].new_zeros(len(rows), width, *rows[0].shape[1:])
    g = torch.Generator().manual_seed(junk or 0)
    if junk is not None and like.is_floating_point():
        like = torch.randn(like.shape, generator=g, dtype=like.dtype) * 3
    elif junk is not None:
        like = torch.randint(FIRST, VOCABULARY, like.shape, generator=g)
    mask = torch.arange(width) < torch.tensor([len(row) for row in rows])[:, None]
    for number, row in enumerate(rows):
        like[number, : len(row)] = row
    return like, mask


def labelled(rows: Sequence[Tensor], width: int | None = None, junk: int | None = None, classes: int = LABELS) -> Batch:
    """Make a batch for `classifier`; the label of a row follows from its content, so that it moves with the row."""
    values, mask = joined(rows, width, junk)
    label = torch.tensor([int(row.sum()) % classes for row in rows])
    return Batch({"source": Field(values, mask)}, {"label": Field(label)})


def written(rows: Sequence[Tensor], width: int | None = None, junk: int | None = None) -> Batch:
    """Make a batch for `writer`: every token of a row is to be told from those before it."""
    ids, mask = joined([row[:-1] for row in rows], width, junk)
    wanted, _ = joined([row[1:] for row in rows], width, junk)
    return Batch({"target": Field(ids, mask)}, {"words": Field(wanted, mask)})


def total(model: SequenceModel, batch: Batch, state: State | None = None) -> Tensor:
    """Return the summed loss of all heads."""
    outputs, _ = model(batch, state)
    return torch.stack([value for value, _ in model.loss(outputs, batch).values()]).sum()


def gradients(module: nn.Module, loss: Tensor) -> dict[str, Tensor]:
    """Return the gradient of every weight that learns, zeros where it has none."""
    named = {name: weight for name, weight in module.named_parameters() if weight.requires_grad}
    found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return {
        name: torch.zeros_like(weight) if grad is None else grad
        for (name, weight), grad in zip(named.items(), found, strict=True)
    }


def trimmed(state: State) -> State:
    """Cut the caches of a State of one row to the steps they hold; what is no cache stays as it is."""
    if "length" not in state:
        return state
    held = int(state["length"])
    return {
        name: value if name == "length" else states.each(lambda one: one[:, :, :held] if one.dim() == 4 else one, value)
        for name, value in state.items()
    }


def close(got: Any, wanted: Any, tolerance: float = 1e-12) -> None:
    """Assert that tensors, States, or lists and dicts of them agree to `tolerance`, absolute and relative."""
    torch.testing.assert_close(got, wanted, atol=tolerance, rtol=tolerance)


def same_state(got: State, wanted: State, tolerance: float = 1e-12) -> None:
    """Assert that two States hold the same, row by row, whatever room their caches have."""
    assert states.rows(got) == states.rows(wanted) if got else not wanted
    for one, other in zip(states.split(got), states.split(wanted), strict=True) if got else ():
        close(trimmed(one), trimmed(other), tolerance)


def copied(state: State) -> State:
    """Copy a State, so that a step may consume it."""
    return states.each(Tensor.clone, state)


def cut(lengths: Sequence[int], pieces: int, seed: int) -> list[list[slice]]:
    """Cut every row at its own random places, empty pieces allowed: by piece, the slice of each row."""
    g = torch.Generator().manual_seed(seed)
    ends = [
        [0, *sorted(torch.randint(0, length + 1, (pieces - 1,), generator=g).tolist()), length] for length in lengths
    ]
    return [[slice(row[piece], row[piece + 1]) for row in ends] for piece in range(pieces)]
