"""Presets: architectures by name, each a function of the task's structure that returns parts of a spec.

`language` is a decoder alone, `summary` and `steps` an encoder alone (read as a whole, or at every step), `sequence`
an encoder, a bridge and a decoder, `joined` an encoder of each of several inputs (a name that is one encoder is that of
the question) and what fuses them. A name that cannot be in a structure is refused with the reason. Sizes are small
versions unless said otherwise; override any with `-s encoder.size=512`.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from seqloom.architecture import SIDES, Parts, Preset, Structure, alone, context
from seqloom.errors import InputError, nearest
from seqloom.presets_media import MEDIA_PRESETS


def preset(name: str, structure: Structure, media: Sequence[str] = ("audio", "image", "video")) -> Parts:
    """Expand a name for a structure, in a task that reads such media.

    Raises InputError for an unknown name or one that cannot be there.
    """
    if name not in PRESETS:
        raise InputError(f"unknown architecture '{name}'" + nearest(name, PRESETS, "seqloom list archs"))
    parts = parts_of(name, structure, media)
    if isinstance(parts, str):
        fits = [other for other in PRESETS if not isinstance(parts_of(other, structure, media), str)]
        raise InputError(f"architecture '{name}' cannot do this task: {parts}. These can: {', '.join(fits)}.")
    return deepcopy(parts)


CALLED = {"audio": "recordings", "image": "pictures", "video": "films"}


def parts_of(name: str, structure: Structure, media: Sequence[str]) -> Parts | str:
    """Return the parts of a preset in a structure, or the reason why it cannot be there."""
    one = PRESETS[name]
    if one.reads and one.reads not in media:
        return f"it reads {CALLED[one.reads]}, and this task does not"
    return one.parts(structure)


def _recurrent(cell: str, **more: Any) -> Callable[[Structure], Parts | str]:
    def parts(structure: Structure) -> Parts | str:
        if structure == "language":
            return {"decoder": {"kind": cell, "size": 256, **more}}
        if structure == "sequence":
            return context({"kind": cell, "size": 256, **more}, {"kind": cell, "size": 256, **more})
        return alone({"kind": cell, "size": 128, **more}, structure)

    return parts


def _both_ways(cell: str) -> Callable[[Structure], Parts | str]:
    def parts(structure: Structure) -> Parts | str:
        if structure == "language":
            return f"it would read the tokens it has yet to write; take '{cell}'"
        if structure == "sequence":
            return context({"kind": cell, "size": 256, "bidirectional": True}, {"kind": cell, "size": 256})
        return alone({"kind": cell, "size": 128, "bidirectional": True}, structure)

    return parts


def _transformer(structure: Structure) -> Parts | str:
    if structure == "language":
        return _gpt(structure)
    if structure == "sequence":
        return _full_attention(256, 3, 4, 1024)
    return alone({"kind": "transformer", "size": 128, "layers": 2, "heads": 4}, structure)


def _transformer_base(structure: Structure) -> Parts | str:
    parts = _full_attention(512, 6, 8, 2048)
    if structure == "language":
        return {"decoder": parts["decoder"], "target": {"size": 512}}
    return parts if structure == "sequence" else alone(parts["encoder"], structure)


def _full_attention(size: int, layers: int, heads: int, inner: int) -> Parts:
    """Attention in the encoder, in the decoder and between them; post-norm and relu as in the paper's base model are
    `-s encoder.norm=post -s encoder.activation=relu`, and so for the decoder."""
    shape = {"kind": "transformer", "size": size, "layers": layers, "heads": heads, "inner": inner, "dropout": 0.1}
    return {
        "source": {"size": size},
        "target": {"size": size, "tie": True},
        "encoder": {**shape},
        "bridge": {"kind": "attention", "score": "multihead", "heads": heads, "dropout": 0.1},
        "decoder": {**shape, "positions": "sinusoidal"},
    }


def _gpt(structure: Structure) -> Parts | str:
    if structure == "language":
        return {"decoder": {"kind": "transformer", "size": 192, "layers": 4, "heads": 4}, "target": {"size": 192}}
    return "it is a decoder alone, which only reads what came before; take 'transformer'"


def _blind(kind: str, **more: Any) -> Callable[[Structure], Parts | str]:
    def parts(structure: Structure) -> Parts | str:
        if structure == "language":
            return "it is blind to order"
        if structure == "sequence":
            return context({"kind": kind, **more}, {"kind": "gru", "size": 256})
        return alone({"kind": kind, **more}, structure)

    return parts


def _pairs(**parts: Parts) -> Callable[[Structure], Parts | str]:
    """Return a preset that turns one sequence into another and is nothing else."""

    def fits(structure: Structure) -> Parts | str:
        if structure == "sequence":
            return {**SIDES, **parts}
        return "it turns one sequence into another; take 'lstm', 'gru' or 'transformer'"

    return fits


def _gnmt(layers: int, size: int) -> Callable[[Structure], Parts | str]:
    stack = {"kind": "lstm", "size": size, "layers": layers, "dropout": 0.2, "residual": 3}
    return _pairs(
        source={"size": size},
        target={"size": size},
        encoder={**stack, "bidirectional": "bottom"},
        bridge={"kind": "attention", "score": "additive", "size": size},
        decoder={**stack, "wiring": "gnmt"},
    )


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
        Preset(
            "transformer-base",
            "Vaswani et al. 2017, arXiv:1706.03762 (base: 6 + 6 layers, 512, 8 heads of 64, 2048)",
            "the paper's base sizes",
            _transformer_base,
        ),
        Preset("gpt", "Radford et al. 2018", "a causal transformer that writes", _gpt),
        Preset(
            "seq2seq",
            "Sutskever et al. 2014, arXiv:1409.3215 (4 layers of 1000 there, 2 of 512 here)",
            "lstm to lstm through its last state alone, the source read from its end",
            _pairs(
                encoder={"kind": "lstm", "size": 512, "layers": 2, "reverse": True, "dropout": 0.2},
                bridge={"kind": "context", "to": "start"},
                decoder={"kind": "lstm", "size": 512, "layers": 2, "start": "copy", "dropout": 0.2},
            ),
        ),
        Preset(
            "cho",
            "Cho et al. 2014, arXiv:1406.1078 (one layer of 1000 there, of 512 here)",
            "gru to gru, the context vector given to every step",
            _pairs(
                encoder={"kind": "gru", "size": 512},
                bridge={"kind": "context", "size": 512, "to": "steps"},
                decoder={"kind": "gru", "size": 512, "wiring": "bahdanau"},
            ),
        ),
        Preset(
            "bahdanau",
            "Bahdanau et al. 2015, arXiv:1409.0473 (one layer of 1000 there, of 256 here)",
            "gru both ways, additive attention before the cell",
            _pairs(
                encoder={"kind": "gru", "size": 256, "bidirectional": True},
                bridge={"kind": "attention", "score": "additive", "size": 256},
                decoder={"kind": "gru", "size": 256, "wiring": "bahdanau"},
            ),
        ),
        Preset(
            "luong",
            "Luong et al. 2015, arXiv:1508.04025 (4 layers of 1000 there, 2 of 256 here)",
            "lstm, general attention after the cell, input feeding",
            _pairs(
                encoder={"kind": "lstm", "size": 256, "layers": 2, "dropout": 0.2},
                bridge={"kind": "attention", "score": "general"},
                decoder={"kind": "lstm", "size": 256, "layers": 2, "dropout": 0.2, "wiring": "luong", "feed": True},
            ),
        ),
        Preset(
            "gnmt",
            "Wu et al. 2016, arXiv:1609.08144 (8 layers of 1024)",
            "deep lstm with residuals, attention from the bottom decoder layer to all",
            _gnmt(8, 1024),
        ),
        Preset(
            "gnmt-small",
            "Wu et al. 2016, arXiv:1609.08144 (8 layers of 1024 there, 4 of 256 here)",
            "gnmt for one machine",
            _gnmt(4, 256),
        ),
        *MEDIA_PRESETS,
    ]
}
