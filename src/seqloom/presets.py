"""Presets: architectures by name, each a function of the task's structure that returns parts of a spec.

`language` is a decoder alone, `summary` an encoder alone. A name that cannot be in a structure is refused with the
reason. Sizes are small versions unless said otherwise; override any with `-s encoder.size=512`.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from seqloom.errors import InputError, nearest

Structure = Literal["summary", "language"]
Parts = dict[str, Any]


@dataclass(frozen=True)
class Preset:
    """A name, its paper, what it is, and its parts by structure (a string there is why it cannot be)."""

    name: str
    paper: str
    about: str
    parts: Callable[[Structure], Parts | str]


def preset(name: str, structure: Structure) -> Parts:
    """Expand a name for a structure. Raises InputError for an unknown name or one that cannot be there."""
    if name not in PRESETS:
        raise InputError(f"unknown architecture '{name}'" + nearest(name, PRESETS, "seqloom list archs"))
    parts = PRESETS[name].parts(structure)
    if isinstance(parts, str):
        fits = [other for other, one in PRESETS.items() if not isinstance(one.parts(structure), str)]
        raise InputError(f"architecture '{name}' cannot do this task: {parts}. These can: {', '.join(fits)}.")
    return deepcopy(parts)


def _recurrent(cell: str, **more: Any) -> Callable[[Structure], Parts | str]:
    def parts(structure: Structure) -> Parts | str:
        if structure == "language":
            return {"decoder": {"kind": cell, "size": 256, **more}}
        return {"encoder": {"kind": cell, "size": 128, **more}}

    return parts


def _both_ways(cell: str) -> Callable[[Structure], Parts | str]:
    def parts(structure: Structure) -> Parts | str:
        if structure == "language":
            return f"it would read the tokens it has yet to write; take '{cell}'"
        return {"encoder": {"kind": cell, "size": 128, "bidirectional": True}}

    return parts


def _transformer(structure: Structure) -> Parts | str:
    if structure == "language":
        return _gpt(structure)
    return {"encoder": {"kind": "transformer", "size": 128, "layers": 2, "heads": 4}}


def _gpt(structure: Structure) -> Parts | str:
    if structure == "language":
        return {"decoder": {"kind": "transformer", "size": 192, "layers": 4, "heads": 4}, "target": {"size": 192}}
    return "it is a decoder alone, which only reads what came before; take 'transformer'"


def _blind(kind: str, **more: Any) -> Callable[[Structure], Parts | str]:
    def parts(structure: Structure) -> Parts | str:
        if structure == "language":
            return "it is blind to order"
        return {"encoder": {"kind": kind, **more}}

    return parts


PRESETS = {
    one.name: one
    for one in [
        Preset(
            "mlp", "Rosenblatt 1958; Rumelhart 1986", "one-to-one at each step, then the mean", _blind("mlp", size=128)
        ),
        Preset("bag", "Iyyer et al. 2015 (its baseline)", "the mean of the embeddings, blind to order", _blind("bag")),
        Preset("rnn", "Elman 1990", "the plain recurrent network", _recurrent("rnn")),
        Preset("lstm", "Hochreiter & Schmidhuber 1997", "gates and a cell state", _recurrent("lstm")),
        Preset("gru", "Cho et al. 2014, arXiv:1406.1078", "two gates, no cell state", _recurrent("gru")),
        Preset("birnn", "Schuster & Paliwal 1997", "rnn in both directions", _both_ways("rnn")),
        Preset("bilstm", "Graves & Schmidhuber 2005", "lstm in both directions", _both_ways("lstm")),
        Preset("bigru", "Cho et al. 2014; Schuster & Paliwal 1997", "gru in both directions", _both_ways("gru")),
        Preset(
            "deep-lstm",
            "Graves 2013, arXiv:1308.0850 (3 layers; dropout by Zaremba et al. 2014, arXiv:1409.2329)",
            "three layers of lstm with residual connections",
            _recurrent("lstm", layers=3, dropout=0.2, residual=True),
        ),
        Preset(
            "mingru",
            "Feng et al. 2024, arXiv:2410.01201",
            "gru without the past in its gates",
            _recurrent("mingru", layers=2),
        ),
        Preset(
            "minlstm",
            "Feng et al. 2024, arXiv:2410.01201",
            "lstm without the past in its gates",
            _recurrent("minlstm", layers=2),
        ),
        Preset("mgu", "Zhou et al. 2016, arXiv:1603.09420", "one gate", _recurrent("mgu")),
        Preset("transformer", "Vaswani et al. 2017, arXiv:1706.03762", "attention without recurrence", _transformer),
        Preset("gpt", "Radford et al. 2018", "a causal transformer that writes", _gpt),
    ]
}
