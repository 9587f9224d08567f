"""Bridges: what a decoder may see of a Memory, and how. A kind of BRIDGES; attention takes a score of SCORES."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from seqloom.bridges.bridge import Bridge, Seen
from seqloom.table import Option, Table, check, options

BRIDGES = Table("bridge", "seqloom.bridges", {"context": "context:Context", "attention": "attention:Attention"})
SCORES = Table(
    "score",
    "seqloom.bridges",
    {
        "additive": "additive:Additive",
        "dot": "dot:Dot",
        "general": "general:General",
        "concat": "concat:Concat",
        "scaled_dot": "scaled_dot:ScaledDot",
        "multihead": "multihead:MultiHead",
        "location": "location:Location",
    },
)
SCORE = "additive"
"""The score where none is named."""


def bridge_options(kind: str, score: str = SCORE) -> dict[str, Option]:
    """Return what may be set for a kind of bridge: of attention, `score` and the options of that score."""
    known = options(BRIDGES[kind])
    if kind == "attention":
        names = Literal.__getitem__(tuple(SCORES))
        return {"score": Option("score", names, SCORE, names), **known, **options(SCORES[score])}
    return known


def build_bridge(part: Mapping[str, Any], seen: Seen) -> Bridge:
    """Build a bridge from its part of the spec, over a Memory of these sizes."""
    given = {name: value for name, value in part.items() if name != "kind"}
    kind, score = part["kind"], part.get("score", SCORE)
    checked = check(f"bridge {kind}", given, bridge_options(kind, score))
    if kind == "attention":
        checked.pop("score", None)
        scoring = SCORES[score]
        own = {name: checked.pop(name) for name in options(scoring) if name in checked}
        checked["score"] = partial(scoring, **own)
    built: Bridge = BRIDGES[kind](seen, **checked)
    return built
