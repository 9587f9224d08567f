"""Presets: architectures by name, each a function of the task's structure that returns parts of a spec.

`language` is a decoder alone, `summary` and `steps` an encoder alone (read as a whole, or at every step), `sequence`
an encoder, a bridge and a decoder, `joined` an encoder of each of several inputs (a name that is one encoder is that of
the question) and what fuses them. A name that cannot be in a structure is refused with the reason. Sizes are small
versions unless said otherwise; override any with `-s encoder.size=512`.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from seqloom.errors import InputError, nearest

Structure = Literal["summary", "steps", "language", "sequence", "joined"]
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
        if structure == "sequence":
            return _context({"kind": cell, "size": 256, **more}, {"kind": cell, "size": 256, **more})
        return _alone({"kind": cell, "size": 128, **more}, structure)

    return parts


def _both_ways(cell: str) -> Callable[[Structure], Parts | str]:
    def parts(structure: Structure) -> Parts | str:
        if structure == "language":
            return f"it would read the tokens it has yet to write; take '{cell}'"
        if structure == "sequence":
            return _context({"kind": cell, "size": 256, "bidirectional": True}, {"kind": cell, "size": 256})
        return _alone({"kind": cell, "size": 128, "bidirectional": True}, structure)

    return parts


def _alone(encoder: Parts, structure: Structure) -> Parts:
    """Return an encoder and nothing else; where several inputs are read, that of the question."""
    return {"beside": {"question": {"encoder": encoder}}} if structure == "joined" else {"encoder": encoder}


def _context(encoder: Parts, decoder: Parts) -> Parts:
    """Join two by a context vector that every step sees."""
    return {**_SIDES, "encoder": encoder, "bridge": {"kind": "context", "size": 256}, "decoder": decoder}


_SIDES: Parts = {"source": {"size": 256}, "target": {"size": 256}}


def _transformer(structure: Structure) -> Parts | str:
    if structure == "language":
        return _gpt(structure)
    if structure == "sequence":
        return _full_attention(256, 3, 4, 1024)
    return _alone({"kind": "transformer", "size": 128, "layers": 2, "heads": 4}, structure)


def _transformer_base(structure: Structure) -> Parts | str:
    parts = _full_attention(512, 6, 8, 2048)
    if structure == "language":
        return {"decoder": parts["decoder"], "target": {"size": 512}}
    return parts if structure == "sequence" else _alone(parts["encoder"], structure)


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
            return _context({"kind": kind, **more}, {"kind": "gru", "size": 256})
        return _alone({"kind": kind, **more}, structure)

    return parts


def _pictures(encoder: Parts, **front: Any) -> Callable[[Structure], Parts | str]:
    """Return a preset that reads pictures through a front, and then an encoder."""
    source = {"tokens": "image", "front": front}

    def parts(structure: Structure) -> Parts | str:
        if structure == "sequence":
            attend = {"kind": "attention", "score": "additive", "size": 256}
            return {
                "source": {**source, "size": 256},
                "target": {"size": 256},
                "encoder": encoder,
                "bridge": attend,
                "decoder": {"kind": "lstm", "size": 256, "wiring": "bahdanau"},
            }
        if structure in ("summary", "joined"):
            return {"source": source, "encoder": encoder}
        return "it reads pictures, and tells or writes something of each as a whole"

    return parts


def _captions(size: int, bridge: Parts, **more: Any) -> Callable[[Structure], Parts | str]:
    """Return a preset that writes of what a network made of each place of a picture."""

    def parts(structure: Structure) -> Parts | str:
        if structure != "sequence":
            return "it writes captions of pictures; take 'cnn' to tell something else of them"
        return {
            "source": {"tokens": "image", "front": {**_GRID}, "size": size},
            "target": {"size": size},
            "encoder": {"kind": "bag"},
            "bridge": bridge,
            "decoder": {"kind": "lstm", "size": size, **more},
        }

    return parts


_GRID: Parts = {"kind": "cnn", "widths": [16, 32, 64, 128], "norm": "batch"}
"""A picture of 64 by 64 as 8 by 8 places. Batch norm finds what is small beside its ground in half the updates."""


def _asked(encoder: Parts, fuse: Parts) -> Callable[[Structure], Parts | str]:
    """Return a preset that answers a question of a picture."""

    def parts(structure: Structure) -> Parts | str:
        if structure != "joined":
            return "it answers questions of pictures"
        source = {"tokens": "image", "front": {**_GRID}}
        return {
            "source": source,
            "encoder": {"kind": "bag"},
            "beside": {"question": {"encoder": encoder}},
            "fuse": fuse,
        }

    return parts


def _lrcn(structure: Structure) -> Parts | str:
    source = {"tokens": "video", "front": {"kind": "frames"}}
    if structure in ("language", "joined"):
        return "it reads films"
    if structure == "sequence":
        lstm = {"kind": "lstm", "size": 256}
        parts = _context({**lstm}, {**lstm})
        return {**parts, "source": {**source, "size": 256}}
    return {"source": source, "encoder": {"kind": "lstm", "size": 128}}


def _heard(structure: Structure) -> Parts | str:
    """Return a preset that tells steps of a recording."""
    if structure != "steps":
        return "it tells steps of a recording"
    return {
        "source": {"tokens": "audio", "front": {"kind": "cnn1d", "layers": 1}},
        "encoder": {"kind": "lstm", "size": 128, "layers": 2, "bidirectional": True, "dropout": 0.1},
    }


def _spelt(structure: Structure) -> Parts | str:
    """Return a preset that writes down a recording."""
    if structure != "sequence":
        return "it writes down a recording, step by step of its own"
    return {
        "source": {"tokens": "audio", "size": 128, "front": {"kind": "stack", "frames": 2}},
        "target": {"size": 128},
        "encoder": {"kind": "pyramid", "size": 128, "layers": 3, "dropout": 0.1},
        "bridge": {"kind": "attention", "score": "additive", "size": 128},
        "decoder": {"kind": "lstm", "size": 256, "wiring": "bahdanau"},
    }


def _pairs(**parts: Parts) -> Callable[[Structure], Parts | str]:
    """Return a preset that turns one sequence into another and is nothing else."""

    def fits(structure: Structure) -> Parts | str:
        if structure == "sequence":
            return {**_SIDES, **parts}
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
        Preset(
            "cnn",
            "He et al. 2016, arXiv:1512.03385 (section 4.2: 20 layers of 16, 32 and 64 there, 7 here)",
            "a residual network on pictures; a place of its grid is a step",
            _pictures({"kind": "bag"}, kind="cnn"),
        ),
        Preset(
            "vit",
            "Dosovitskiy et al. 2021, arXiv:2010.11929 (12 layers of 768 there, 4 of 128 here, and their mean)",
            "a transformer on patches of pictures",
            _pictures(
                {"kind": "transformer", "size": 128, "layers": 4, "heads": 4, "positions": "learned"},
                kind="patches",
                patch=4,
            ),
        ),
        Preset(
            "show-tell",
            "Vinyals et al. 2015, arXiv:1411.4555 (GoogLeNet and 512 there, a small residual network and 256 here; the "
            "picture is the first input there, the start State here)",
            "a network's mean over a picture starts an lstm that writes",
            _captions(256, {"kind": "context", "to": "start"}),
        ),
        Preset(
            "show-attend-tell",
            "Xu et al. 2015, arXiv:1502.03044 (VGG's 14 x 14 places and 1000 there, 8 x 8 and 256 here; soft "
            "attention, without its gate and its doubly stochastic penalty)",
            "an lstm looks at places of a picture for each word that it writes",
            _captions(256, {"kind": "attention", "score": "additive", "size": 256}, wiring="bahdanau"),
        ),
        Preset(
            "vqa-lstm",
            "Antol et al. 2015, arXiv:1505.00468 (VGG, two layers of 512 fused at 1024 there, a small residual "
            "network, 128 and 256 here)",
            "picture times question, then a perceptron",
            _asked({"kind": "lstm", "size": 128, "layers": 2, "dropout": 0.2}, {"kind": "multiply", "size": 256}),
        ),
        Preset(
            "stacked-attention",
            "Yang et al. 2016, arXiv:1511.02274 (VGG's 14 x 14 places, 1024 and 512 there, 8 x 8, 128 and 256 here)",
            "a question looks at a picture twice",
            _asked({"kind": "lstm", "size": 128}, {"kind": "attend", "size": 256, "hops": 2}),
        ),
        Preset(
            "lrcn",
            "Donahue et al. 2015, arXiv:1411.4389 (CaffeNet, 256, and the mean of every step's label there; a small "
            "residual network, 128, and the last step's here)",
            "a network on every frame of a film, then an lstm",
            _lrcn,
        ),
        Preset(
            "ctc",
            "Graves et al. 2006, doi:10.1145/1143844.1143891 (one layer of 100 there, a convolution and 2 of 128 here)",
            "a convolution and an lstm both ways on recordings",
            _heard,
        ),
        Preset(
            "listen-attend-spell",
            "Chan et al. 2016, arXiv:1508.01211 (3 halvings in layers of 256 there; 2 frames stacked, 2 halvings and "
            "128 here; one decoder layer of 256 for two of 512)",
            "a pyramid on recordings, and a decoder that attends to it",
            _spelt,
        ),
    ]
}
