"""From a spec to a model: every part from its table, sizes from its neighbours."""

from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from torch import Tensor, nn

from seqloom.bridges import build_bridge
from seqloom.bridges.bridge import Seen
from seqloom.decoders import build_decoder
from seqloom.encoders import build_encoder
from seqloom.encoders.branch import Branch
from seqloom.encoders.fuse import Fuse
from seqloom.encoders.fuses import build_fuse
from seqloom.errors import InputError
from seqloom.fronts import build_front
from seqloom.fronts.front import Front, MediaShape
from seqloom.heads import HEADS, NUMBERS, STEPWISE
from seqloom.heads.head import Head
from seqloom.heads.numbers import NumberHead, NumberShape
from seqloom.layers.embedding import Dummy, TokenEmbedding, VectorInput
from seqloom.layers.revin import RevIN
from seqloom.layers.series import SeriesInput
from seqloom.layers.words import WordInput
from seqloom.model import SequenceModel
from seqloom.refuse import refuse
from seqloom.spec import SeriesSpec, SideSpec, Spec
from seqloom.table import check, options

WHOLE = 1000
"""Frames out of which a front that keeps them makes as many steps."""


@dataclass(frozen=True)
class Wiring:
    """What only the data knows.

    source, target  sizes of the vocabularies, None where that side has no tokens
    labels          by head: its labels in order, and how often each occurs in training
    vectors         by side: pretrained vectors [vocabulary, size], NaN rows where a word has none
    features        width of a source of vectors, None where it has tokens
    letters         how many letters words are spelt with, None where letters are not read
    numbers         by head: what shape its numbers have
    written         width of the numbers that a decoder is fed, None where it is fed tokens
    media           what items a source of audio, image or video has
    weights         tensors of somebody else's network, by name, that a front starts from
    beside          the same of each input that is read beside the source, as of a source
    """

    source: int | None = None
    target: int | None = None
    labels: dict[str, tuple[list[str], list[int]]] = field(default_factory=dict)
    vectors: dict[str, Tensor] = field(default_factory=dict)
    features: int | None = None
    letters: int | None = None
    numbers: dict[str, NumberShape] = field(default_factory=dict)
    written: int | None = None
    media: MediaShape | None = None
    weights: dict[str, Tensor] = field(default_factory=dict)
    beside: dict[str, "Wiring"] = field(default_factory=dict)


def build(spec: Spec, wiring: Wiring) -> SequenceModel:
    """Build the model of a spec. Raises InputError for parts that do not exist or do not fit."""
    refuse(spec)
    source = encoder = bridge = decoder = fuse = None
    beside: dict[str, Branch] = {}
    target: Any = None
    hidden = 0
    if spec.decoder is not None and spec.target is not None:
        target = _target(spec.target, wiring)
    if spec.decoder is not None and target is None:
        raise InputError("a decoder hears what it writes, and this task writes nothing: leave it and the bridge out.")
    if spec.encoder is not None and spec.source is not None:
        source = _source(spec.source, spec.series, wiring, target)
    if spec.encoder is not None:
        if source is None:
            raise InputError("an encoder reads a source, and this task has none: leave it and the bridge out.")
        encoder = build_encoder(spec.encoder, source.size)
        hidden, final = encoder.output_size, encoder.final
        if spec.beside is not None:
            beside, fuse = _beside(spec, wiring, hidden)
            hidden, final = fuse.output_size, None
        if spec.bridge is not None:
            bridge = build_bridge(spec.bridge, Seen(hidden, hidden, final))
    if spec.decoder is not None:
        decoder = build_decoder(spec.decoder, target.size, bridge)
        hidden = decoder.output_size
    seen = None if bridge is None else bridge.seen
    heads = {name: _head(name, part, hidden, spec, wiring, target, seen) for name, part in spec.heads.items()}
    model = SequenceModel(heads, source, encoder, target, decoder, bridge, _scaling(spec, wiring), beside, fuse)
    model.weights = {name: _weight(name, part) for name, part in spec.heads.items()}
    _look(model, spec)
    return model


def _beside(spec: Spec, wiring: Wiring, hidden: int) -> tuple[dict[str, Branch], Fuse]:
    """Return what reads each input beside the source, of which `hidden` is the width, and what joins them."""
    branches = {}
    for name, side in (spec.beside or {}).items():
        source = _source(side, None, wiring.beside[name], None) if name in wiring.beside else None
        if source is None:
            known = ", ".join(wiring.beside) or "none"
            raise InputError(f"beside.{name}: this task reads no input of that name beside its source; it has {known}.")
        branches[name] = Branch(source, build_encoder(side.encoder or {}, source.size))
    widths = {"source": hidden, **{name: branch.output_size for name, branch in branches.items()}}
    return branches, build_fuse(spec.fuse or {}, widths)


def _look(model: SequenceModel, spec: Spec) -> None:
    """Raise InputError where a head that answers at every step would be given no steps, or those that it foretells."""
    for name, head in model.heads.items():
        kind = spec.heads[name]["kind"]
        if kind in (*STEPWISE, "copy") and model.encoder is not None and model.encoder.count(2) < 2:
            assert spec.encoder is not None
            raise InputError(
                f"head {name}: {kind} needs every step that was read, and encoder={spec.encoder['kind']} makes one of "
                "several: use another encoder, such as -s encoder=bilstm."
            )
        ahead = isinstance(head, NumberHead) and not head.shape.written and head.reads == "steps"
        if (ahead or kind in STEPWISE) and isinstance(model.source, SeriesInput) and model.source.patch > 1:
            raise InputError(
                f"head {name}: {kind} answers at every step, and series.patch={model.source.patch} reads so many steps "
                "as one: leave out series.patch, or let the whole tell (-s series.form=direct)."
            )
        if kind in STEPWISE and isinstance(model.source, Front) and model.source.count(WHOLE) != WHOLE:
            front = (spec.source.front or {}).get("kind") if spec.source is not None else None
            raise InputError(
                f"head {name}: {kind} tells a label for every frame, and source.front={front} makes other steps of "
                "frames: use a front that keeps them, such as stack with frames: 1."
            )
        if ahead and model.scaling is not None:
            raise InputError(
                f"head {name}: at every step it tells the steps after it, and series.scale=window has measured those "
                "already: use series.scale=series, or let the whole tell (-s series.form=direct)."
            )
        if ahead and not model.causal:
            raise InputError(
                f"head {name}: at every step it tells the steps after it, and this encoder has read those already: use "
                "one that reads forwards (-s encoder=lstm), or let the whole tell (-s series.form=direct)."
            )


def _scaling(spec: Spec, wiring: Wiring) -> RevIN | None:
    """Return what normalises each window, where the series asks for it."""
    if spec.series is None or spec.series.scale != "window":
        return None
    shapes = list(wiring.numbers.values())
    if len(shapes) != 1:
        raise InputError("series.scale=window needs one head of numbers, whose channels it brings back to their units.")
    return RevIN(shapes[0].channels, flags=spec.series.gaps == "missing")


def _target(side: SideSpec, wiring: Wiring) -> Any:
    """Return what turns the decoder's inputs into vectors: of tokens, or of numbers."""
    if wiring.written is not None:
        return VectorInput(wiring.written, side.size, side.dropout)
    return None if wiring.target is None else _embedding(side, wiring.target, wiring.vectors.get("target"))


def _source(side: SideSpec, series: SeriesSpec | None, wiring: Wiring, target: Any) -> Any:
    """Return what turns the source into vectors: an embedding of its own, the target's, words and their letters, or
    a matrix of steps or patches."""
    if wiring.media is not None:
        front = build_front(side.front, wiring.media, side.size, side.dropout)
        if wiring.weights:
            front.take(wiring.weights)
        return front
    if wiring.features is not None and series is not None:
        return SeriesInput(wiring.features, side.size, side.dropout, patch=series.patch, stride=series.stride)
    if wiring.features is not None:
        return VectorInput(wiring.features, side.size, side.dropout)
    if wiring.source is None:
        return None
    if wiring.letters is not None or side.casing:
        words = _embedding(side.model_copy(update={"dropout": 0.0}), wiring.source, wiring.vectors.get("source"))
        return WordInput(
            words,
            wiring.letters,
            spelling="lstm" if side.letters == "lstm" else "cnn",
            letters_size=side.letters_size,
            casing=side.casing,
            drop=side.dropout,
        )
    made = _embedding(side, wiring.source, wiring.vectors.get("source"))
    if side.tie:
        if made.vocabulary != target.vocabulary:
            raise InputError("source.tie shares one embedding, but the two vocabularies differ in size.")
        made.table = target.table
    return made


def _embedding(side: SideSpec, vocabulary: int, vectors: Tensor | None) -> Any:
    size = side.size if vectors is None else vectors.shape[1]
    if side.embed == "dummy":
        return Dummy(vocabulary, size)
    return TokenEmbedding(
        vocabulary, embed=side.embed, size=size, freeze=side.freeze, drop=side.dropout, pretrained=vectors
    )


def _weight(name: str, part: dict[str, Any]) -> float:
    """Return what a head's loss counts for beside the others'."""
    weight = part.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < inf:
        raise InputError(f"heads.{name}.weight={weight!r} cannot be used: a number above 0, such as 0.5.")
    return float(weight)


def _head(
    name: str, part: dict[str, Any], hidden: int, spec: Spec, wiring: Wiring, target: Any, seen: Seen | None
) -> Head:
    given = {key: value for key, value in part.items() if key not in ("kind", "weight")}
    kind = HEADS[part["kind"]]
    checked = check(f"head {name} ({part['kind']})", given, options(kind))
    if part["kind"] in ("tokens", "copy"):
        if target is None:
            raise InputError(f"head {name}: tokens are written by a decoder, and this model has none.")
        tied: nn.Parameter | None = target.table.weight if spec.target is not None and spec.target.tie else None
        places = (seen.size,) if part["kind"] == "copy" and seen is not None else ()
        built: Head = kind(hidden, wiring.target, tied, *places, **checked)
        return built
    if part["kind"] == "ctc":
        if wiring.target is None:
            raise InputError(f"head {name}: ctc tells a text, and this task has none: use kind: label, or tags.")
        told_by: Head = kind(hidden if seen is None else seen.size, wiring.target, **checked)
        return told_by
    if part["kind"] in NUMBERS:
        if name not in wiring.numbers:
            raise InputError(
                f"head {name}: {part['kind']} tells numbers, and this task has none: use kind: label, say."
            )
        shape = replace(wiring.numbers[name], written=spec.decoder is not None)
        told: Head = kind(hidden, shape, **checked)
        return told
    if name not in wiring.labels:
        raise InputError(
            f"head {name}: this task has no labels of that name; it has {', '.join(wiring.labels) or 'none'}."
        )
    labels, counts = wiring.labels[name]
    if part["kind"] in STEPWISE:
        tagging: Head = kind(hidden, labels, counts, **checked)
        return tagging
    multilabel = spec.target is not None and spec.target.multilabel is not None
    head: Head = kind(hidden, labels, counts, multilabel, **checked)
    return head
