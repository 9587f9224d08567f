"""Presets that read recordings, pictures or films; see `presets.py`."""

from collections.abc import Callable
from typing import Any

from seqloom.architecture import Parts, Preset, Structure, context


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
"""A picture of 64 by 64 as 8 by 8 places. Batch norm learnt colours sooner than group norm (easy_vqa, single runs)."""


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
        parts = context({**lstm}, {**lstm})
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


MEDIA_PRESETS = [
    Preset(
        "cnn",
        "He et al. 2016, arXiv:1512.03385 (section 4.2: 20 layers of 16, 32 and 64 there, 7 here)",
        "a residual network on pictures; a place of its grid is a step",
        _pictures({"kind": "bag"}, kind="cnn"),
        "image",
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
        "image",
    ),
    Preset(
        "show-tell",
        "Vinyals et al. 2015, arXiv:1411.4555 (GoogLeNet and 512 there, a small residual network and 256 here; the "
        "picture is the first input there, the start State here)",
        "a network's mean over a picture starts an lstm that writes",
        _captions(256, {"kind": "context", "to": "start"}),
        "image",
    ),
    Preset(
        "show-attend-tell",
        "Xu et al. 2015, arXiv:1502.03044 (VGG's 14 x 14 places and 1000 there, 8 x 8 and 256 here; soft "
        "attention, without its gate and its doubly stochastic penalty)",
        "an lstm looks at places of a picture for each word that it writes",
        _captions(256, {"kind": "attention", "score": "additive", "size": 256}, wiring="bahdanau"),
        "image",
    ),
    Preset(
        "vqa-lstm",
        "Antol et al. 2015, arXiv:1505.00468 (VGG, two layers of 512 fused at 1024 there, a small residual "
        "network, 128 and 256 here)",
        "picture times question, then a perceptron",
        _asked({"kind": "lstm", "size": 128, "layers": 2, "dropout": 0.2}, {"kind": "multiply", "size": 256}),
        "image",
    ),
    Preset(
        "stacked-attention",
        "Yang et al. 2016, arXiv:1511.02274 (VGG's 14 x 14 places, 1024 and 512 there, 8 x 8, 128 and 256 here)",
        "a question looks at a picture twice",
        _asked({"kind": "lstm", "size": 128}, {"kind": "attend", "size": 256, "hops": 2}),
        "image",
    ),
    Preset(
        "lrcn",
        "Donahue et al. 2015, arXiv:1411.4389 (CaffeNet, 256, and the mean of every step's label there; a small "
        "residual network, 128, and the last step's here)",
        "a network on every frame of a film, then an lstm",
        _lrcn,
        "video",
    ),
    Preset(
        "ctc",
        "Graves et al. 2006, doi:10.1145/1143844.1143891 (one layer of 100 there, a convolution and 2 of 128 here)",
        "a convolution and an lstm both ways on recordings",
        _heard,
        "audio",
    ),
    Preset(
        "listen-attend-spell",
        "Chan et al. 2016, arXiv:1508.01211 (3 halvings in layers of 256 there; 2 frames stacked, 2 halvings and "
        "128 here; one decoder layer of 256 for two of 512)",
        "a pyramid on recordings, and a decoder that attends to it",
        _spelt,
        "audio",
    ),
]
