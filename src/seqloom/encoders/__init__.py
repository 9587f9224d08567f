"""Encoders: `encoder(x [batch, time, input], mask, state=None) -> (Memory, State)`.

A kind is a name of `ENCODERS`, a name of `CELLS` (a recurrent encoder of that cell), or "bi" before a cell's name.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from seqloom.cells import CELLS
from seqloom.encoders.encoder import Encoder
from seqloom.errors import InputError, nearest
from seqloom.table import Option, Table, check, options

ENCODERS = Table(
    "encoder",
    "seqloom.encoders",
    {
        "bag": "bag:Bag",
        "mlp": "mlp:MLP",
        "pyramid": "pyramid:Pyramid",
        "transformer": "transformer:TransformerEncoder",
    },
)


def kinds() -> list[str]:
    """List every kind of encoder, the recurrent ones first."""
    return [*CELLS, *(f"bi{cell}" for cell in CELLS), *ENCODERS]


def cell_of(kind: str) -> str | None:
    """Return the cell behind a recurrent kind ("bilstm" and "lstm": "lstm"), None for the others."""
    return kind if kind in CELLS else kind[2:] if kind[:2] == "bi" and kind[2:] in CELLS else None


def encoder_options(kind: str) -> dict[str, Option]:
    """Return what may be set for a kind. Raises InputError for an unknown one."""
    if kind in ENCODERS:
        return options(ENCODERS[kind])
    cell = cell_of(kind)
    if cell is None:
        raise InputError(f"unknown encoder '{kind}'" + nearest(kind, kinds(), "seqloom list encoders"))
    from seqloom.encoders.recurrent import RecurrentEncoder

    return {**options(RecurrentEncoder), **options(CELLS[cell])}


def build_encoder(part: Mapping[str, Any], input_size: int) -> Encoder:
    """Build an encoder from its part of the spec."""
    given = {name: value for name, value in part.items() if name != "kind"}
    kind = part["kind"]
    checked = check(f"encoder {kind}", given, encoder_options(kind))
    cell = cell_of(kind)
    if cell is None:
        built: Encoder = ENCODERS[kind](input_size, **checked)
        return built
    from seqloom.encoders.recurrent import RecurrentEncoder

    if kind != cell and checked.setdefault("bidirectional", True) is not True:
        way = checked["bidirectional"]
        raise InputError(f"encoder {kind} reads in both directions; for bidirectional={way} say kind: {cell}.")
    own = {name: checked.pop(name) for name in options(CELLS[cell]) if name in checked}
    return RecurrentEncoder(input_size, partial(CELLS[cell], **own), **checked)
