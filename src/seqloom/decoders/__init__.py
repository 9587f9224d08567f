"""Decoders: `decoder(x [batch, time, input], mask, state=None, memory=None) -> (hidden, State)`, always causal.

A kind is a name of `DECODERS` or a name of `CELLS` (a recurrent decoder of that cell). A recurrent decoder that reads
at every step does so by a wiring of `WIRINGS`, bahdanau where none is named.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from seqloom.bridges.bridge import Bridge
from seqloom.cells import CELLS
from seqloom.decoders.decoder import Decoder
from seqloom.errors import InputError, nearest
from seqloom.table import Option, Table, check, options

DECODERS = Table("decoder", "seqloom.decoders", {"transformer": "transformer:TransformerDecoder"})

WIRINGS = Table(
    "wiring",
    "seqloom.decoders",
    {"bahdanau": "bahdanau:Bahdanau", "luong": "luong:Luong", "gnmt": "gnmt:GNMT"},
)
WIRING = "bahdanau"
"""The wiring where none is named and there is something to read."""


def kinds() -> list[str]:
    """List every kind of decoder, the recurrent ones first."""
    return [*CELLS, *DECODERS]


def decoder_options(kind: str, wiring: str | None = WIRING) -> dict[str, Option]:
    """Return what may be set for a kind: of a recurrent one with a `wiring`, that too and the wiring's own options.

    Raises InputError for an unknown kind, or one that reads both ways.
    """
    if kind in DECODERS:
        return options(DECODERS[kind])
    if kind[:2] == "bi" and kind[2:] in CELLS:
        raise InputError(
            f"a decoder cannot be '{kind}': it would read the tokens it has yet to write. Use '{kind[2:]}'."
        )
    if kind not in CELLS:
        raise InputError(f"unknown decoder '{kind}'" + nearest(kind, kinds(), "seqloom list decoders"))
    from seqloom.decoders.recurrent import RecurrentDecoder

    known = {**options(RecurrentDecoder), **options(CELLS[kind])}
    if wiring is not None:
        names = Literal.__getitem__(tuple(WIRINGS))
        known |= {"wiring": Option("wiring", names, WIRING, names), **options(WIRINGS[wiring])}
    return known


def build_decoder(part: Mapping[str, Any], input_size: int, bridge: Bridge | None = None) -> Decoder:
    """Build a decoder from its part of the spec. Raises InputError for options that do not fit the bridge."""
    given = {name: value for name, value in part.items() if name != "kind"}
    kind = part["kind"]
    if kind in DECODERS:
        built: Decoder = DECODERS[kind](input_size, bridge, **check(f"decoder {kind}", given, decoder_options(kind)))
        return built
    from seqloom.decoders.recurrent import RecurrentDecoder

    wiring = _wiring(given.pop("wiring", None), bridge)
    checked = check(f"decoder {kind}", given, decoder_options(kind, wiring))
    own = {name: checked.pop(name) for name in options(CELLS[kind]) if name in checked}
    wired = None
    if wiring is not None:
        of_wiring = {name: checked.pop(name) for name in options(WIRINGS[wiring]) if name in checked}
        wired = partial(WIRINGS[wiring], **of_wiring)
    return RecurrentDecoder(input_size, partial(CELLS[kind], **own), bridge, wired, **checked)


def _wiring(asked: str | None, bridge: Bridge | None) -> str | None:
    if bridge is None and asked is not None:
        raise InputError(f"decoder.wiring={asked} says where a source is read, and there is none: leave it out.")
    if asked is None and (bridge is None or not bridge.reads):
        return None
    return asked or WIRING
