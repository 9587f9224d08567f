"""From a spec to a model: every part from its table, sizes from its neighbours."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from seqloom.decoders import build_decoder
from seqloom.encoders import build_encoder
from seqloom.errors import InputError
from seqloom.heads import HEADS
from seqloom.heads.head import Head
from seqloom.layers.embedding import TokenEmbedding
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.table import check, options


@dataclass(frozen=True)
class Wiring:
    """What only the data knows.

    source, target  sizes of the vocabularies, None where that side has no tokens
    labels          by head: its labels in order, and how often each occurs in training
    vectors         by side: pretrained vectors [vocabulary, size], NaN rows where a word has none
    """

    source: int | None = None
    target: int | None = None
    labels: dict[str, tuple[list[str], list[int]]] = field(default_factory=dict)
    vectors: dict[str, Tensor] = field(default_factory=dict)


def build(spec: Spec, wiring: Wiring) -> SequenceModel:
    """Build the model of a spec. Raises InputError for parts that do not exist or do not fit."""
    refuse(spec)
    source = encoder = target = decoder = None
    hidden = 0
    if spec.encoder is not None and spec.source is not None and wiring.source is not None:
        source = _embedding(spec.source, wiring.source, wiring.vectors.get("source"))
        encoder = build_encoder(spec.encoder, source.size)
        hidden = encoder.output_size
    if spec.decoder is not None and spec.target is not None and wiring.target is not None:
        target = _embedding(spec.target, wiring.target, wiring.vectors.get("target"))
        decoder = build_decoder(spec.decoder, target.size)
        hidden = decoder.output_size
    heads = {name: _head(name, part, hidden, spec, wiring, target) for name, part in spec.heads.items()}
    return SequenceModel(heads, source, encoder, target, decoder)


def refuse(spec: Spec) -> None:
    """Raise InputError for a spec that contradicts itself, with the fix."""
    if spec.encoder is None and spec.decoder is None:
        raise InputError("a model needs an encoder or a decoder: choose --arch, or -s encoder=... or -s decoder=...")
    if not spec.heads:
        raise InputError("a model needs a head: heads: {label: {kind: label}}, say.")
    for where, part in {"encoder": spec.encoder, "decoder": spec.decoder, **spec.heads}.items():
        if part is not None and not isinstance(part.get("kind"), str):
            raise InputError(f"{where} needs a kind, such as {where}: {{kind: lstm}}; given: {part}.")
    if spec.bridge is not None:
        raise InputError("a bridge joins an encoder to a decoder, and this task has only one of them: leave it out.")
    if spec.source is not None and spec.source.tie:
        raise InputError(
            "source.tie shares an embedding with the output layer, and only the target has one: leave it out."
        )
    for name, side in {"source": spec.source, "target": spec.target}.items():
        if side is not None and side.tie and (side.embed == "onehot" or side.freeze):
            raise InputError(f"{name}.tie shares an embedding that learns; take embed: learned and freeze: false.")
        if side is not None and side.embed == "onehot" and side.vectors is not None:
            raise InputError(f"{name}.vectors are for embed: learned, one-hot has no table to fill.")


def _embedding(side: SideSpec, vocabulary: int, vectors: Tensor | None) -> TokenEmbedding:
    size = side.size if vectors is None else vectors.shape[1]
    return TokenEmbedding(
        vocabulary, embed=side.embed, size=size, freeze=side.freeze, drop=side.dropout, pretrained=vectors
    )


def _head(name: str, part: dict[str, Any], hidden: int, spec: Spec, wiring: Wiring, target: Any) -> Head:
    given = {key: value for key, value in part.items() if key != "kind"}
    kind = HEADS[part["kind"]]
    checked = check(f"head {name} ({part['kind']})", given, options(kind))
    if part["kind"] == "tokens":
        if target is None:
            raise InputError(f"head {name}: tokens are written by a decoder, and this model has none.")
        tied = target.table.weight if spec.target is not None and spec.target.tie else None
        built: Head = kind(hidden, wiring.target, tied, **checked)
        return built
    if name not in wiring.labels:
        raise InputError(
            f"head {name}: this task has no labels of that name; it has {', '.join(wiring.labels) or 'none'}."
        )
    labels, counts = wiring.labels[name]
    multilabel = spec.target is not None and spec.target.multilabel is not None
    head: Head = kind(hidden, labels, counts, multilabel, **checked)
    return head
