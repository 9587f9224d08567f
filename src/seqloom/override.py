"""`-s key=value`: set keys of a spec, a part at a time or a key at a time.

encoder=transformer        the kind; keys that the new kind knows are kept, the others dropped and said
encoder={kind: gru}        the whole part
encoder.size=512           one key
"""

from collections.abc import Sequence
from typing import Any

import yaml

from seqloom.bridges import SCORE, bridge_options
from seqloom.decoders import WIRING, decoder_options
from seqloom.encoders import encoder_options
from seqloom.encoders.fuses import FUSES
from seqloom.errors import InputError, nearest
from seqloom.fronts import FRONTS
from seqloom.heads import HEADS
from seqloom.spec import FitSpec, SideSpec, Spec
from seqloom.table import options

_PARTS = ("encoder", "decoder", "bridge", "fuse")
FRONT = ["source", "front"]


def override(values: dict[str, Any], settings: Sequence[str]) -> list[str]:
    """Apply settings to a plain spec in place, in order; return what should be said aloud."""
    notes: list[str] = []
    for setting in settings:
        key, sign, text = setting.partition("=")
        path = key.strip().split(".")
        if not sign or not all(path):
            raise InputError(f"-s {setting}: write key=value, such as -s encoder.size=256.")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise InputError(f"-s {setting}: the value is not YAML.") from None
        if isinstance(value, str):
            value = _number(value)
        notes += assign(values, path, value)
    return notes


def assign(values: dict[str, Any], path: list[str], value: Any) -> list[str]:
    """Set one key, by its path; a bare kind keeps the keys that it knows."""
    is_part = (len(path) == 1 and path[0] in _PARTS) or (len(path) == 2 and path[0] == "heads") or path == FRONT
    is_part = is_part or (len(path) == 3 and path[0] == "beside" and path[2] in ("encoder", "front"))
    holder = values
    for step in path[:-1]:
        inner = holder.setdefault(step, {})
        if inner is None:
            inner = holder[step] = {}
        if not isinstance(inner, dict):
            raise InputError(f"-s {'.'.join(path)}: {step} holds {inner!r}, which has no keys.")
        holder = inner
    if is_part and isinstance(value, str):
        return _change_kind(holder, path, value)
    holder[path[-1]] = value
    return []


def _change_kind(holder: dict[str, Any], path: list[str], kind: str) -> list[str]:
    name, old = path[-1], holder.get(path[-1]) or {}
    known = _known("heads" if path[0] == "heads" else path[-1], kind, old)
    kept = {
        key: value for key, value in old.items() if key in known and not (kind[:2] == "bi" and key == "bidirectional")
    }
    dropped = [key for key in old if key not in known and key != "kind"]
    holder[name] = {"kind": kind, **kept}
    return [f"{'.'.join(path)}={kind} knows no {', '.join(dropped)}: dropped."] if dropped else []


def _known(part: str, kind: str, old: dict[str, Any]) -> set[str]:
    """Return the keys that a new kind accepts; a wiring or a score that is kept keeps its own too."""
    if part == "front" or (part == "encoder" and kind in FRONTS):
        return set(options(FRONTS[kind]))
    if part == "encoder":
        return set(encoder_options(kind))
    if part == "fuse":
        return set(options(FUSES[kind]))
    if part == "decoder":
        return set(decoder_options(kind, old.get("wiring", WIRING)))
    if part == "bridge":
        return set(bridge_options(kind, old.get("score", SCORE)))
    if part == "heads":
        return {*options(HEADS[kind]), "weight"}
    return set()


def _number(text: str) -> str | float:
    """Read 1e-3 as a number, which YAML 1.1 takes for a word."""
    try:
        return float(text) if any(sign in text for sign in "eE") and text[:1] in "0123456789.-+" else text
    except ValueError:
        return text


def expand_options(given: dict[str, Any]) -> dict[str, Any]:
    """Sort keyword arguments of `seqloom.fit` into sections: `encoder={"size": 64}`, `steps=100`, `tokens="char"`.

    Raises InputError for a name that belongs to no section, or to two.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name in Spec.model_fields:
            values[name] = {**value, **values.get(name, {})} if isinstance(value, dict) else value
        elif name in FitSpec.model_fields:
            values.setdefault("fit", {})[name] = value
        elif name in SideSpec.model_fields:
            raise InputError(
                f"'{name}' belongs to a side: source={{'{name}': {value!r}}} or target={{'{name}': {value!r}}}."
            )
        else:
            raise InputError(f"unknown option '{name}'" + nearest(name, [*Spec.model_fields, *FitSpec.model_fields]))
    return values
