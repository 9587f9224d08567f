"""The grid of models that read series: every encoder x form x head of numbers, or of labels for steps, in float64.

What else may be set (how a direct head reads, what a window is scaled by, gaps, patches, covariates, channels; bridges
and wirings of what tells step after step) is dealt out so that any two settings that may meet do meet in some model.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import bridged
import torch
from bridged import BRIDGE_CASES
from cover import Axes, Row, covered
from grid import Case, choices, encoder_of, joined, scramble
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.cells import CELLS
from seqloom.decoders import kinds as decoder_kinds
from seqloom.encoders import encoder_options
from seqloom.encoders import kinds as encoder_kinds
from seqloom.heads import HEADS, NUMBERS, STEPWISE
from seqloom.heads.numbers import NumberShape
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec, parse
from seqloom.table import options

HORIZON, EXTRA, KNOWN = 3, 1, 2
"""Steps told, covariates of the past, covariates known of the steps to come."""
LABELS = ["O", "B-x", "I-x"]
WIDTH, HIDDEN = 4, 4
BLIND = ("bag", "mlp")
"""Encoders that see no order."""


def _heads(kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Name every head with each choice of its options, how it reads aside."""
    found: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        found[kind] = {"kind": kind}
        for name, option in options(HEADS[kind]).items():
            for value in [] if name == "reads" else choices(option)[1:]:
                found[f"{kind}-{name}={value}"] = {"kind": kind, name: value}
    return found


TELLERS, TAGGERS = _heads(NUMBERS), _heads(STEPWISE)
READS = [way for way in choices(options(HEADS["point"])["reads"]) if way != "steps"]
FORMS = ("direct", "aligned", "sequence", "labels")


@cache
def causal(encoder: str) -> bool:
    """Say whether an encoder reads forwards only."""
    return encoder_of(Case(encoder)).causal


def axes(row: Row) -> Axes:
    """List what may be chosen for a row with a form and an encoder."""
    heads = {"head": list(TAGGERS if row["form"] == "labels" else TELLERS)}
    shaped = {} if row["form"] == "labels" else {"channels": [1, 2], "known": [0, KNOWN]}
    scaled = (
        {"scale": ["none", "window"], "gaps": ["error", "missing"]} if row["form"] in ("direct", "sequence") else {}
    )
    some = row["form"] in ("direct", "sequence") and row["encoder"] not in bridged.SHORTER  # or few steps are left
    patched = {"patch": [None, (3, 2), (2, 2)]} if some else {}
    read = {"reads": READS} if row["form"] == "direct" else {}
    bridge = {"bridge": list(BRIDGE_CASES), "decoder": decoder_kinds()} if row["form"] == "sequence" else {}
    wired = row.get("decoder") in CELLS and "bridge" in row and bridged.reads(row)
    wiring = {"wiring": list(bridged.WIRING_CASES)} if wired else {}
    return {**heads, **bridge, **wiring, **read, **shaped, **scaled, **patched}


def fits(row: Row) -> bool:
    """Say whether nothing in a row, as far as it is decided, contradicts anything else."""
    if row["form"] == "aligned" and not causal(row["encoder"]):
        return False
    if row["form"] == "labels" and row["encoder"] in bridged.SHORTER:
        return False
    if "bridge" not in row:
        return True
    return bridged.fits({axis: row[axis] for axis in ("encoder", "bridge", "decoder", "wiring") if axis in row})


@cache
def rows(form: str) -> list[Row]:
    """Return the grid of a form."""
    return covered([{"form": form, "encoder": encoder} for encoder in encoder_kinds()], axes, fits)


def every() -> list[Row]:
    """Return the grids of all forms."""
    return [row for form in FORMS for row in rows(form)]


def spec(row: Row, size: int | None = None) -> Spec:
    """Return the spec of a row, of tiny sizes, or all `size`."""
    if row["form"] == "sequence":
        made = bridged.spec(row, size)
        parts = {"encoder": made.encoder, "bridge": made.bridge, "decoder": made.decoder}
        sides = {"source": SideSpec(size=size or bridged.SOURCE, tokens="series")}
        sides["target"] = SideSpec(size=size or bridged.TARGET)
    else:
        known = encoder_options(row["encoder"])
        parts = {"encoder": bridged.part(row, "encoder", known, size or HIDDEN)}
        sides = {"source": SideSpec(size=size or WIDTH, tokens="series")}
    head = (TAGGERS if row["form"] == "labels" else TELLERS)[row["head"]]
    reads = {"reads": row["reads"]} if "reads" in row else {"reads": "steps"} if row["form"] == "aligned" else {}
    patch, stride = row.get("patch") or (None, None)
    series = {
        "form": "direct" if row["form"] == "labels" else row["form"],
        "scale": row.get("scale", "none"),
        "gaps": row.get("gaps", "error"),
        "patch": patch,
        "stride": stride,
    }
    return parse({"task": "forecast", "series": series, **sides, **parts, "heads": {"out": {**head, **reads}}})


def model(row: Row, horizon: int = HORIZON, seed: int = 0, size: int | None = None) -> SequenceModel:
    """Build the model of a row in float64, scrambled, for evaluation; of one `size` it is left as it starts."""
    torch.manual_seed(seed)
    channels, known = row.get("channels", 1), row.get("known", 0)
    wiring = Wiring(features=features(row), labels={"out": (LABELS, [1] * len(LABELS))})
    if row["form"] != "labels":
        wiring = replace(wiring, labels={}, numbers={"out": NumberShape(horizon, channels, known)})
    if row["form"] == "sequence":
        wiring = replace(wiring, written=channels + known)
    made = build(spec(row, size), wiring).double().eval()
    if size is None:
        scramble(made)
    return made


def features(row: Row) -> int:
    """Return the width of what is read."""
    channels = row.get("channels", 1)
    return channels + channels * (row.get("gaps") == "missing") + EXTRA


def windows(lengths: Sequence[int], row: Row, seed: int = 0) -> list[Tensor]:
    """Draw a row [length, features] for each length; of what may be missing, the first two steps never are."""
    g = torch.Generator().manual_seed(seed)
    channels, found = row.get("channels", 1), []
    for length in lengths:
        x = torch.randn(length, features(row), generator=g, dtype=torch.float64) * 2 + 1
        if row.get("gaps") == "missing":
            seen = torch.rand(length, channels, generator=g) < 0.7
            seen[:2] = True
            x[:, channels : 2 * channels] = seen
            x[:, :channels] *= seen
        found.append(x)
    return found


def batch(
    sources: Sequence[Tensor],
    row: Row,
    wider: int = 0,
    junk: int | None = None,
    horizon: int = HORIZON,
    numbers: Sequence[int] | None = None,
) -> Batch:
    """Make the batch of a row's model. What is to be told of a row, and what is known of it, follows from its number
    (its place, unless said), so that it moves with the row; one value of each row is not known.
    """
    channels, known = row.get("channels", 1), row.get("known", 0)
    values, mask = joined(sources, max(map(len, sources)) + wider, junk)
    inputs, aligned, time = {"source": Field(values, mask)}, row["form"] == "aligned", values.shape[1]
    each, wanted = [], []
    for number in range(len(sources)) if numbers is None else numbers:
        g = torch.Generator().manual_seed(100 + number)
        each.append(torch.randn(40, horizon, KNOWN, generator=g, dtype=torch.float64)[:, :, :known])
        wanted.append(torch.randn(40, horizon, channels, generator=g, dtype=torch.float64) * 2)
        wanted[-1][:, number % horizon, 0] = torch.nan if horizon > 1 else 0.5
    future, truth = torch.stack(each), torch.stack(wanted)
    if row["form"] == "labels":
        ids = (values[..., 0].abs() * 7).long() % len(LABELS)
        return Batch(inputs, {"out": Field(ids, mask)})
    if aligned:
        if known:
            inputs["known"] = Field(future[:, :time])
        return Batch(inputs, {"out": Field(truth[:, :time], mask)})
    if row["form"] == "sequence":
        before = torch.cat([truth[:, 1, :1], truth[:, 0, :-1]], 1).nan_to_num(0.3)  # teacher forcing
        inputs["target"] = Field(torch.cat([before, future[:, 0]], -1), torch.ones(before.shape[:2], dtype=torch.bool))
    elif known:
        inputs["known"] = Field(future[:, 0])
    return Batch(inputs, {"out": Field(truth[:, 0])})
