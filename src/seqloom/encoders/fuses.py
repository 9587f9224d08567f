"""Fuses: how what was read of several inputs becomes one Memory."""

from collections.abc import Mapping
from typing import Any

from seqloom.encoders.fuse import Fuse
from seqloom.table import Table, check, options

FUSES = Table(
    "fuse",
    "seqloom.encoders",
    {
        "concat": "fuse_concat:FuseConcat",
        "multiply": "fuse_multiply:FuseMultiply",
        "attend": "fuse_attend:FuseAttend",
    },
)


def build_fuse(part: Mapping[str, Any], widths: Mapping[str, int]) -> Fuse:
    """Build a fuse from its part of the spec, over inputs of these widths by name, the first input first."""
    given = {name: value for name, value in part.items() if name != "kind"}
    kind = FUSES[part["kind"]]
    built: Fuse = kind(widths, **check(f"fuse {part['kind']}", given, options(kind)))
    return built
