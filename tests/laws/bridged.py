"""The grid of pairs: every encoder x every way of bridging x every decoder of the tables, tiny and in float64.

What else may be set (wirings, starts, layers, norms, tied embeddings, copying) is dealt out over that product so that
any two settings that may meet do meet in some model. All of it comes from the tables and from signatures, as in
grid.py; only what must agree with what is said here, in `fits`, once more than in the code.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import torch
from cover import Axes, Row, covered, pairs, unseen
from grid import NOISE, Case, choices, joined, scramble
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.bridges import BRIDGES, SCORES, bridge_options
from seqloom.build import Wiring, build
from seqloom.cells import CELLS
from seqloom.decoders import WIRINGS, decoder_options
from seqloom.decoders import kinds as decoder_kinds
from seqloom.encoders import cell_of, encoder_options
from seqloom.encoders import kinds as encoder_kinds
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.table import Option, options

VOCABULARY, OWN, FEATURES = 13, 3, 2
"""Words of the target (and of a joint vocabulary), further words that only a source has, width of a vector source."""
BOS, EOS, UNK, FIRST = 1, 2, 4, 5
SOURCE, TARGET, ENCODER, DECODER = 8, 4, 4, 5
"""Widths: of the two embeddings, of encoders, of recurrent decoders."""
SMALL: dict[str, Any] = {"heads": 2, "inner": 5, "max_positions": 64, "filters": 2, "kernel": 3}
SET_HERE = {*SMALL, *NOISE, "size", "wiring", "score"}
EMBEDS = [*choices(Option("embed", SideSpec.model_fields["embed"].annotation, "learned", None)), "tied", "joint"]
HEADS = ["tokens", "copy"]


def ways(known: Mapping[str, Option], but: set[str] = SET_HERE) -> Axes:
    """List what may be set beside sizes: the choices of each option, and one layer or two."""
    found = {n: [1, 2] if n == "layers" else choices(option) for n, option in known.items() if n not in but}
    return {name: values for name, values in found.items() if values}


def every(kind: str, known: Mapping[str, Option], but: set[str] = SET_HERE) -> Iterator[Case]:
    """Give a kind with each combination of its choices."""
    axes = ways(known, but)
    for values in product(*axes.values()):
        yield Case(
            kind, {name: value for name, value in zip(axes, values, strict=True) if value != known[name].default}
        )


def _bridges() -> Iterator[Case]:
    for kind in BRIDGES:
        for score in SCORES if kind == "attention" else [None]:
            known = bridge_options(kind, score) if score else bridge_options(kind)
            own = {"size"} if score else set()
            for case in every(kind, known, (SET_HERE - {"size"}) | own):
                yield Case(kind, {**({"score": score} if score else {}), **case.given})


BRIDGE_CASES = {str(case): case for case in _bridges()}
WIRING_CASES = {str(case): case for kind in WIRINGS for case in every(kind, options(WIRINGS[kind]))}


def axes(row: Row) -> Axes:
    """List what may be chosen for a row with an encoder, a bridge and perhaps a decoder."""
    if "decoder" not in row:
        return {"decoder": decoder_kinds()}
    wirings = {"wiring": list(WIRING_CASES)} if row["decoder"] in CELLS and reads(row) else {}
    return {**of_encoder(row["encoder"]), **wirings, **of_decoder(row["decoder"]), "head": HEADS, "embed": EMBEDS}


@cache
def of_encoder(kind: str) -> Axes:
    """List what may be set of an encoder; a kind of both directions has its direction."""
    fixed = {"bidirectional", "reverse"} if cell_of(kind) not in (None, kind) else set()
    return {f"encoder.{name}": values for name, values in ways(encoder_options(kind)).items() if name not in fixed}


@cache
def of_decoder(kind: str) -> Axes:
    """List what may be set of a decoder, without its wiring; a start that is not named is project."""
    known = decoder_options(kind, None)
    return {f"decoder.{name}": [v for v in values if v is not None] for name, values in ways(known).items()}


def reads(row: Row) -> bool:
    """Say whether the bridge has something to read at each step."""
    bridge = BRIDGE_CASES[row["bridge"]]
    return bridge.kind == "attention" or bridge.given.get("to", "steps") == "steps"


def fits(row: Row) -> bool:
    """Say whether nothing in a row, as far as it is decided, contradicts anything else; sizes are made to agree."""
    bridge = BRIDGE_CASES[row["bridge"]]
    if row.get("decoder", "rnn") not in CELLS and not reads(row):
        return False
    if row.get("encoder.reverse") and row.get("encoder.bidirectional"):
        return False
    if not reads(row) and row.get("decoder.start", "project") not in ("project", "copy"):
        return False
    if row.get("head") == "copy" and (bridge.kind != "attention" or row.get("source") == "vectors"):
        return False
    if row.get("head") == "copy" and row["encoder"] in SHORTER:
        return False  # a step is several places of the source
    if row.get("embed") == "joint" and row.get("source") == "vectors":
        return False
    if row.get("embed") == "dummy" and row.get("decoder.positions") in ("rotary", "none"):
        return False  # every step would be like every other
    return row.get("decoder.start") != "copy" or _may_copy(row)


def _may_copy(row: Row) -> bool:
    """Say whether the encoder's last State is there for the decoder and has the decoder's parts and depth."""
    if cell_of(row["encoder"]) != row["encoder"] or row.get("encoder.bidirectional"):
        return False
    if BRIDGE_CASES[row["bridge"]].given.get("size") is not None:
        return False
    if CELLS[row["encoder"]].parts != CELLS[row["decoder"]].parts:  # type: ignore[attr-defined]
        return False
    one, other = row.get("encoder.layers"), row.get("decoder.layers")
    return one is None or other is None or one == other


SHORTER = ("pyramid",)
"""Encoders that make one step of several."""
KINDS = [{"encoder": encoder, "bridge": bridge} for encoder in encoder_kinds() for bridge in BRIDGE_CASES]
"""Every encoder x every way of bridging."""
VECTOR_KINDS = [
    {"encoder": encoder, "bridge": bridge, "source": "vectors"}
    for encoder in ("bag", "mlp")
    for bridge, case in BRIDGE_CASES.items()
    if case.kind == "context"
]
"""One vector in, a sequence out."""


def bases(kinds: Sequence[Row]) -> list[Row]:
    """Return kinds x every decoder; the wirings take turns, so that each stands with every encoder and bridge."""
    found = []
    for kind in kinds:
        for decoder in decoder_kinds():
            wiring = list(WIRING_CASES)[len(found) % len(WIRING_CASES)]
            wired = {"wiring": wiring} if decoder in CELLS and reads(kind) else {}
            found.append({**kind, "decoder": decoder, **wired})
    return found


@cache
def rows() -> dict[tuple[str, str], list[Row]]:
    """Return the whole grid, by encoder and bridge."""
    return _by_kind(covered(bases(KINDS), axes, fits))


@cache
def vector_rows() -> dict[tuple[str, str], list[Row]]:
    """Return the grid of models that read one vector, by encoder and bridge."""
    return _by_kind(covered(bases(VECTOR_KINDS), axes, fits))


@cache
def few() -> list[Row]:
    """Return a pairwise cover of the grid: few rows in which any two settings that may meet do."""
    return covered(KINDS, axes, fits, bases(KINDS))


def _by_kind(found: list[Row]) -> dict[tuple[str, str], list[Row]]:
    sorted_: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        sorted_.setdefault((row["encoder"], row["bridge"]), []).append(row)
    return sorted_


def refused() -> list[Row]:
    """Return a row for any two settings that never fit, which has no other fault."""
    together = {two for here in rows().values() for row in here for two in pairs(row)}
    return [
        {**{axis: values[0] for axis, values in axes(homes[0]).items()}, **homes[0], **dict(two)}
        for two, homes in unseen(bases(KINDS), axes, together).items()
    ]


def shown(row: Row) -> str:
    """Say in one line what a row sets."""
    return " ".join(f"{axis}={value}" for axis, value in row.items())


def spec(row: Row, size: int | None = None) -> Spec:
    """Return the spec of a row, of tiny sizes that differ where they may, or all `size`."""
    bridge = BRIDGE_CASES[row["bridge"]]
    wide = row.get("embed") == "joint"
    source = SideSpec(size=size or (TARGET if wide else SOURCE), tie=wide)
    embed = row.get("embed", "learned")
    target = SideSpec(size=size or TARGET, joint=wide, tie=embed in ("tied", "joint"))
    target.embed = embed if embed not in ("tied", "joint") else "learned"
    encoder = part(row, "encoder", encoder_options(row["encoder"]), size or ENCODER)
    decoder = part(row, "decoder", decoder_options(row["decoder"], None), _decoder_size(row, source.size, size))
    if "wiring" in row:
        wiring = WIRING_CASES[row["wiring"]]
        decoder |= {"wiring": wiring.kind, **wiring.given}
    bridged = bridge_options(bridge.kind, bridge.given.get("score", "additive"))
    sized = {"size": size or 4} if "size" in bridged and bridge.kind == "attention" else {}
    given = {**bridge.given, **({"size": size} if size and "size" in bridge.given else {})}
    head = {"kind": row.get("head", "tokens"), **({"copy_size": size or 3} if row.get("head") == "copy" else {})}
    return Spec(
        task="translate",
        source=source,
        encoder=encoder,
        bridge={"kind": bridge.kind, **sized, **_small(bridged), **given},
        target=target,
        decoder=decoder,
        heads={"words": head},
    )


def part(row: Row, name: str, known: Mapping[str, Option], size: int) -> dict[str, Any]:
    """Return the encoder or the decoder of a row as part of a spec, without noise."""
    chosen = {axis.removeprefix(f"{name}."): value for axis, value in row.items() if axis.startswith(f"{name}.")}
    sized = {"size": size} if "size" in known else {}
    return {"kind": row[name], **sized, **_small(known), **chosen}


def _small(known: Mapping[str, Option]) -> dict[str, Any]:
    quiet = {"dropout": 0.0} if "dropout" in known else {}
    return {**{name: value for name, value in SMALL.items() if name in known}, **quiet}


def _decoder_size(row: Row, source: int, size: int | None) -> int:
    """Return another size than the encoder's, unless score or start compare the two as they are."""
    outputs = source if row["encoder"] == "bag" else size or ENCODER
    if BRIDGE_CASES[row["bridge"]].given.get("score") == "dot":
        turned = cell_of(row["encoder"]) not in (None, row["encoder"]) or row["encoder"] == "pyramid"
        way = row.get("encoder.bidirectional", turned)
        both = way is True or (way == "bottom" and row["encoder.layers"] == 1)
        return outputs * 2 if both else outputs
    if size is not None:
        return size
    if row.get("decoder.start") == "copy":
        return ENCODER
    return DECODER if row["decoder"] in CELLS else 2 * ENCODER


def model(row: Row, size: int | None = None, seed: int = 0) -> SequenceModel:
    """Build the model of a row in float64, scrambled, for evaluation; of one `size` it is left as it starts, to learn.

    Raises InputError for a row that does not fit.
    """
    torch.manual_seed(seed)
    vectors = row.get("source") == "vectors"
    wiring = Wiring(source=None if vectors else VOCABULARY, target=VOCABULARY, features=FEATURES if vectors else None)
    made = build(spec(row, size), wiring)
    if size is None:
        made = made.double().eval()
        scramble(made)
    return made


def texts(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    """Draw a row of words for each length."""
    g = torch.Generator().manual_seed(seed)
    return [torch.randint(FIRST, VOCABULARY, (length,), generator=g) for length in lengths]


def paired(
    sources: Sequence[Tensor],
    targets: Sequence[Tensor],
    row: Row,
    wider: int = 0,
    junk: int | None = None,
) -> Batch:
    """Make the batch of a row's model from what goes in (words, or vectors [features]) and the words that come out.

    Padding is zeros, or junk. Where the row copies, the second word of every source is one that the target's
    vocabulary lacks.
    """
    inputs, vectors = {}, row.get("source") == "vectors"
    values, mask = joined(sources, max(map(len, sources)) + wider * (not vectors), junk)
    inputs["source"] = Field(values, mask)
    if row.get("head") == "copy":
        own = [torch.cat([one[:1], one[1:2] * 0 + VOCABULARY + len(one) % OWN, one[2:]]) for one in sources]
        inputs["copy"] = Field(joined(own, values.shape[1], junk)[0], mask)
    heard = [torch.cat([torch.tensor([BOS]), one.masked_fill(one >= VOCABULARY, UNK)]) for one in targets]
    wanted = [torch.cat([one, torch.tensor([EOS])]) for one in targets]
    width = max(map(len, wanted)) + wider
    ids, mask = joined(heard, width, junk)
    inputs["target"] = Field(ids, mask)
    return Batch(inputs, {"words": Field(joined(wanted, width, junk)[0], mask)})


def relu(row: Row) -> bool:
    """Say whether units may be dead, so that some numbers have no gradient."""
    known = {"encoder": encoder_options(row["encoder"])}  # decoders have gelu unless told
    return any(
        row.get(f"{name}.activation", getattr(known.get(name, {}).get("activation"), "default", None)) == "relu"
        for name in ("encoder", "decoder")
    )
