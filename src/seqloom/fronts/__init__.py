"""Fronts: from the numbers of a recording, a picture or a film to the steps that an encoder reads.

`front(values) -> [batch, steps, size]`; see `front.py`. One that a spec does not name is the usual one of its kind.
"""

from collections.abc import Mapping
from typing import Any

from seqloom.errors import InputError
from seqloom.fronts.front import Front, MediaShape
from seqloom.table import Table, check, options

FRONTS = Table(
    "front",
    "seqloom.fronts",
    {
        "rows": "rows:Rows",
        "pixels": "pixels:Pixels",
        "patches": "patches:Patches",
        "cnn": "cnn:CNN",
        "stack": "stack:Stack",
        "cnn1d": "cnn1d:Cnn1d",
        "frames": "frames:Frames",
    },
)
USUAL = {"audio": "stack", "image": "rows", "video": "frames"}
"""The front of a kind where none is named."""


def front_class(kind: str, part: Mapping[str, Any] | None) -> type[Front]:
    """Return the front that reads a kind of media. Raises InputError where the one named does not read it."""
    name = USUAL[kind] if part is None else part.get("kind")
    if not isinstance(name, str):
        raise InputError(f"source.front needs a kind, such as source.front: {{kind: {USUAL[kind]}}}; given: {part}.")
    found: type[Front] = FRONTS[name]
    if kind not in found.reads:
        fits = [one for one in FRONTS if kind in FRONTS[one].reads]  # type: ignore[attr-defined]
        raise InputError(
            f"source.front={name} reads {' and '.join(found.reads)}, and the source is {kind}: use {' or '.join(fits)}."
        )
    return found


def build_front(part: Mapping[str, Any] | None, shape: MediaShape, size: int, drop: float) -> Front:
    """Build a front from its part of the spec (None: the usual one), for items of a shape."""
    found = front_class(shape.kind, part)
    given = {name: value for name, value in (part or {}).items() if name != "kind"}
    checked = check(f"source.front {'' if part is None else part['kind']}".strip(), given, options(found))
    return found(shape.dims, size, drop, **checked)
