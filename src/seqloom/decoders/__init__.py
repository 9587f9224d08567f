"""Decoders: `decoder(x [batch, time, input], mask, state=None, memory=None) -> (hidden, State)`, always causal.

A kind is a name of `DECODERS` or a name of `CELLS` (a recurrent decoder of that cell).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from seqloom.cells import CELLS
from seqloom.decoders.decoder import Decoder
from seqloom.errors import InputError, nearest
from seqloom.table import Option, Table, check, options

DECODERS = Table("decoder", "seqloom.decoders", {"transformer": "transformer:TransformerDecoder"})


def kinds() -> list[str]:
    """List every kind of decoder, the recurrent ones first."""
    return [*CELLS, *DECODERS]


def decoder_options(kind: str) -> dict[str, Option]:
    """Return what may be set for a kind. Raises InputError for an unknown one, or one that reads both ways."""
    if kind in DECODERS:
        return options(DECODERS[kind])
    if kind[:2] == "bi" and kind[2:] in CELLS:
        raise InputError(
            f"a decoder cannot be '{kind}': it would read the tokens it has yet to write. Use '{kind[2:]}'."
        )
    if kind not in CELLS:
        raise InputError(f"unknown decoder '{kind}'" + nearest(kind, kinds(), "seqloom list decoders"))
    from seqloom.decoders.recurrent import RecurrentDecoder

    return {**options(RecurrentDecoder), **options(CELLS[kind])}


def build_decoder(part: Mapping[str, Any], input_size: int) -> Decoder:
    """Build a decoder from its part of the spec."""
    given = {name: value for name, value in part.items() if name != "kind"}
    kind = part["kind"]
    checked = check(f"decoder {kind}", given, decoder_options(kind))
    if kind in DECODERS:
        built: Decoder = DECODERS[kind](input_size, **checked)
        return built
    from seqloom.decoders.recurrent import RecurrentDecoder

    own = {name: checked.pop(name) for name in options(CELLS[kind]) if name in checked}
    return RecurrentDecoder(input_size, partial(CELLS[kind], **own), **checked)
