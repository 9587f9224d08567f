"""What is searched where a person names no key: learning rate, width, depth, dropout and batch of a spec."""

from collections.abc import Mapping
from typing import Any

from seqloom.decoders import WIRING, decoder_options
from seqloom.encoders import encoder_options
from seqloom.spec import Spec
from seqloom.tuning.space import Space, shown

NARROW = 8
"""No width below this is tried."""


def usual(spec: Spec) -> list[Space]:
    """Return the usual spaces around a spec: each holds what the spec says itself, so that the search begins there.

    The learning rate has the widest range: no other number decides as much (Bengio 2012, arXiv:1206.5533, section
    3.1.1), and what it should be hangs on the others.
    """
    lr = spec.fit.lr
    found = [Space(("fit.lr",), _figures(lr / 10), _figures(lr * 10), log=True)]
    parts = {name: part for name in ("encoder", "decoder") if (part := getattr(spec, name)) is not None}
    found += [space for space in (_width(spec, parts), _depth(parts), _dropout(spec)) if space is not None]
    batch = spec.fit.batch_tokens
    return [*found, Space(("fit.batch_tokens",), choices=_choices(max(1, batch // 2), batch, batch * 2))]


def said(spec: Spec, key: str) -> Any:
    """Return what a spec says of a key: of a part its kind, and of an option of a part that is unset its default."""
    first, *rest = key.split(".")
    value: Any = spec.model_dump(mode="json").get(first)
    for step in rest:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict):
        return value.get("kind")
    if value is None and first in ("encoder", "decoder") and len(rest) == 1:
        option = _options(first, getattr(spec, first) or {}).get(rest[0])
        return None if option is None else option.default
    return value


def takes(spec: Spec, key: str) -> bool:
    """Say whether a key is one of the parts that a spec has: "encoder.size" is none of a bag's."""
    first, *rest = key.split(".")
    if first not in ("encoder", "decoder", "bridge", "fuse") or not rest:
        return True
    part = getattr(spec, first)
    if part is None:
        return False
    return first not in ("encoder", "decoder") or rest[0] in ("kind", *_options(first, part))


def _width(spec: Spec, parts: Mapping[str, dict[str, Any]]) -> Space | None:
    """Half, once and twice the size of encoder and decoder, which stay as wide as one another where they were."""
    sizes = {f"{name}.size": int(part["size"]) for name, part in parts.items() if "size" in part}
    if not sizes and spec.source is not None and spec.source.tokens not in ("series", "vector"):
        sizes = {"source.size": spec.source.size}
    if not sizes or len(set(sizes.values())) > 1:
        return None
    size = next(iter(sizes.values()))
    heads = max((int(part.get("heads", 1)) for part in parts.values()), default=1)
    half = size // 2 if size // 2 >= NARROW and size // 2 % (2 * heads) == 0 else None
    return Space(tuple(sizes), choices=_choices(*(one for one in (half, size, size * 2) if one)))


def _depth(parts: Mapping[str, dict[str, Any]]) -> Space | None:
    """One layer less to one more, of encoder and decoder together where they were as deep."""
    layers = {
        f"{name}.layers": int(part.get("layers", known["layers"].default))
        for name, part in parts.items()
        if "layers" in (known := _options(name, part))
    }
    if not layers or len(set(layers.values())) > 1:
        return None
    depth = next(iter(layers.values()))
    return Space(tuple(layers), max(1, depth - 1), depth + 1, whole=True)


def _dropout(spec: Spec) -> Space | None:
    side = "source" if spec.source is not None else "target" if spec.target is not None else None
    return None if side is None else Space((f"{side}.dropout",), 0.0, 0.5)


def _options(name: str, part: Mapping[str, Any]) -> Mapping[str, Any]:
    if "kind" not in part:
        return {}
    if name == "encoder":
        return encoder_options(str(part["kind"]))
    return decoder_options(str(part["kind"]), part.get("wiring", WIRING))


def _choices(*values: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in values))


def _figures(number: float) -> float:
    return float(shown(number))
