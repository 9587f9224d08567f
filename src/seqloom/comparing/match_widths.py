"""Which widths of a spec may be scaled, in which steps, and which of them must go together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd, lcm
from typing import Any

from seqloom.bridges import SCORE, SCORES
from seqloom.decoders import decoder_options
from seqloom.encoders import encoder_options
from seqloom.encoders.fuses import FUSES
from seqloom.fronts import FRONTS
from seqloom.spec import SideSpec, Spec
from seqloom.table import options

CHANNELS = 8
"""What the channels of a residual network are multiples of."""
FOUR = 4
"""Feed-forward widths of a Transformer where none is named, by its width."""
Place = tuple[str, int | None]
"""A key of a spec such as "encoder.size", and which number of a list it is (None: the whole)."""


@dataclass(frozen=True)
class Width:
    """One number to scale: every place holds `share` of it for each `value`.

    step   what `value` must stay a multiple of
    """

    places: tuple[tuple[Place, int], ...]
    value: int
    step: int = 1

    def at(self, value: int) -> dict[Place, int]:
        """Return what its places hold at a value."""
        return {place: share * value for place, share in self.places}

    def near(self, value: float) -> int:
        """Return the nearest value that can be."""
        return max(1, round(value / self.step)) * self.step


@dataclass(frozen=True)
class Widths:
    """What may be scaled: the network's own widths, its feed-forward widths that follow from these, and the inputs."""

    network: tuple[Width, ...]
    following: tuple[Width, ...]
    inputs: tuple[Width, ...]


def widths_of(spec: Spec) -> Widths:
    """Return the widths of a spec that may be scaled.

    The network is what reads and writes steps: encoder, decoder, bridge, fuse, the encoders beside. Inputs are
    embeddings, matrices of numbers and fronts of media; one-hot inputs and those of a file of vectors or weights have
    no width to choose.
    """
    parts = {"encoder": spec.encoder, "decoder": spec.decoder}
    parts |= {f"beside.{name}.encoder": side.encoder for name, side in (spec.beside or {}).items()}
    network: list[Width] = []
    following: list[Width] = []
    for path, part in parts.items():
        if part is not None:
            known = _known(path, part)
            size = _number(part, known, "size")
            if size is not None:
                network.append(Width((((f"{path}.size", None), 1),), size, _step(path, part, known, spec)))
                if "inner" in known:
                    inner = part.get("inner")
                    wide = Width((((f"{path}.inner", None), 1),), inner or FOUR * size)
                    (network if inner else following).append(wide)
    bridge, fuse = spec.bridge, spec.fuse
    if bridge is not None and (size := _number(bridge, _known("bridge", bridge), "size")) is not None:
        heads = _number(bridge, _known("bridge", bridge), "heads") or 1
        network.append(Width(((("bridge.size", None), 1),), size, heads))
    if fuse is not None and (size := _number(fuse, options(FUSES[fuse["kind"]]), "size")) is not None:
        network.append(Width(((("fuse.size", None), 1),), size))
    return Widths(tuple(_bound(network, spec)), tuple(following), tuple(_inputs(spec)))


def _bound(network: Sequence[Width], spec: Spec) -> Iterator[Width]:
    """Give the widths, those as one that a part compares or copies as they are."""
    end = _ends_alike(spec)
    by_path = {width.places[0][0][0]: width for width in network}
    both = [by_path.pop(path) for path in end if path in by_path] if all(path in by_path for path in end) else []
    if both:
        unit = gcd(*(one.value for one in both))
        step = lcm(*(one.step // gcd(one.step, one.value // unit) for one in both))
        yield Width(tuple((one.places[0][0], one.value // unit) for one in both), unit, step)
    else:
        by_path = {path: one for path, one in by_path.items() if path not in end}  # bound to what is not scaled
    yield from by_path.values()


def _ends_alike(spec: Spec) -> tuple[str, ...]:
    """Return the keys of widths whose ratio must stay: a State that is copied, or a score without weights."""
    decoder, bridge = spec.decoder or {}, spec.bridge or {}
    read = "encoder.size" if spec.beside is None else "fuse.size"
    if decoder.get("start") == "copy":
        return "encoder.size", "decoder.size"
    if bridge.get("kind") == "attention" and bridge.get("score", SCORE) == "dot":
        return read, "decoder.size"
    return ()


def _inputs(spec: Spec) -> Iterator[Width]:
    """Give the widths of what turns rows into vectors."""
    tied = spec.source is not None and spec.source.tie
    sides: dict[str, SideSpec] = {}
    if spec.source is not None and spec.encoder is not None:
        sides["source"] = spec.source
    sides |= {f"beside.{name}": side for name, side in (spec.beside or {}).items()}
    if spec.target is not None and spec.decoder is not None and not tied:
        sides["target"] = spec.target
    for path, side in sides.items():
        if side.vectors is None and side.embed != "onehot":
            places = ((f"{path}.size", None), *((("target.size", None),) if path == "source" and tied else ()))
            yield Width(tuple((place, 1) for place in places), side.size)
        if side.letters != "none":
            yield Width((((f"{path}.letters_size", None), 1),), side.letters_size, 2 if side.letters == "lstm" else 1)
        yield from _front(path, side)


def _front(path: str, side: SideSpec) -> Iterator[Width]:
    """Give the widths inside a front, unless a file has set them."""
    part = side.front
    if part is None or part.get("weights") is not None:
        return
    known = options(FRONTS[part["kind"]])
    if "widths" in known:
        unit = [int(one) for one in part.get("widths", known["widths"].default)]
        for place, one in enumerate(unit):
            yield Width((((f"{path}.front.widths", place), 1),), one, CHANNELS)
    elif (width := _number(part, known, "width")) is not None:
        yield Width((((f"{path}.front.width", None), 1),), width)


def _known(path: str, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the options of a part of the network."""
    if path == "bridge":
        if part["kind"] == "attention":
            return options(SCORES[part.get("score", SCORE)])
        from seqloom.bridges import BRIDGES

        return options(BRIDGES[part["kind"]])
    return decoder_options(part["kind"], None) if path == "decoder" else encoder_options(part["kind"])


def _number(part: Mapping[str, Any], known: Mapping[str, Any], name: str) -> int | None:
    """Return a number of a part, as given or by default; None where there is none."""
    found = part.get(name, known[name].default if name in known else None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _step(path: str, part: Mapping[str, Any], known: Mapping[str, Any], spec: Spec) -> int:
    """Return what a width must be a multiple of: heads divide it, positions want it even."""
    step = 1
    if part["kind"] == "transformer":
        positions = part.get("positions", known["positions"].default)
        heads = _number(part, known, "heads") or 1
        step = 2 * heads if positions == "rotary" else lcm(heads, 2) if positions == "sinusoidal" else heads
    bridge = spec.bridge or {}
    if path == "decoder" and bridge.get("score") == "multihead" and bridge.get("size") is None:
        step = lcm(step, _number(bridge, options(SCORES["multihead"]), "heads") or 1)
    return step
