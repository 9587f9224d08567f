"""Tiny random models from sequence to sequence, in float64, of every part of the tables; and what they think of
everything that could be written, by teacher forcing."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.bridges import SCORES
from seqloom.build import Wiring, build
from seqloom.cells import CELLS
from seqloom.data.vocabulary import BOS, EOS, UNK
from seqloom.decoders import WIRINGS
from seqloom.encoders import kinds as encoder_kinds
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec

FIRST = 5
"""The first id that is a word."""


@dataclass(frozen=True)
class Translator:
    """A model whose target has `words` words, written as FIRST, FIRST + 1, ..."""

    model: SequenceModel
    words: int
    copies: bool
    spec: Spec

    @property
    def vocabulary(self) -> int:
        return FIRST + self.words


def translator(seed: int, family: str, words: int = 3, copies: bool | None = None, **parts: Any) -> Translator:
    """Draw a model whose decoder is recurrent or transformer. `parts` replaces parts of the spec."""
    chosen = random.Random(f"{seed} {family}")
    while True:
        drawn = {"encoder": _encoder(chosen), "bridge": _bridge(chosen), "decoder": _decoder(chosen, family), **parts}
        copy = chosen.random() < 0.2 if copies is None else copies
        head = {"kind": "copy", "copy_size": 3} if copy else {"kind": "tokens"}
        target = SideSpec(size=4, embed=chosen.choice(["learned", "learned", "onehot"]))
        spec = Spec(task="translate", source=SideSpec(size=4), target=target, heads={"words": head}, **drawn)
        torch.manual_seed(seed)
        try:
            model = build(spec, Wiring(source=9, target=FIRST + words)).double().eval()
        except InputError:  # a combination that is refused, with its reason
            continue
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(torch.randn_like(weight), alpha=0.7)
        return Translator(model, words, copy, spec)


def _encoder(chosen: random.Random) -> dict[str, Any]:
    kind = chosen.choice(encoder_kinds())
    if kind == "transformer":
        return {"kind": kind, "size": 4, "heads": 2, "inner": 5, "layers": 1, "dropout": 0.0}
    if kind in ("bag", "mlp"):
        return {"kind": kind, "dropout": 0.0, "size": 4} if kind == "mlp" else {"kind": kind}
    return {"kind": kind, "size": chosen.choice([3, 4]), "layers": chosen.choice([1, 2])}


def _bridge(chosen: random.Random) -> dict[str, Any]:
    if chosen.random() < 0.3:
        return {"kind": "context", "size": chosen.choice([None, 3]), "to": chosen.choice(["start", "steps"])}
    score = chosen.choice(list(SCORES))
    more = {"heads": 2} if score == "multihead" else {}
    if score == "additive":
        more = {"coverage": chosen.random() < 0.5}
    return {"kind": "attention", "score": score, **more}


def _decoder(chosen: random.Random, family: str) -> dict[str, Any]:
    if family == "transformer":
        return {
            "kind": "transformer",
            "size": 4,
            "heads": 2,
            "inner": 5,
            "dropout": 0.0,
            "layers": chosen.choice([1, 2]),
            "norm": chosen.choice(["pre", "post"]),
            "positions": chosen.choice(["learned", "sinusoidal", "rotary", "none"]),
        }
    drawn: dict[str, Any] = {"kind": chosen.choice(list(CELLS)), "size": chosen.choice([3, 4])}
    drawn["layers"] = chosen.choice([1, 2])
    drawn["start"] = chosen.choice(["project", "copy", "zero", "learned"])
    wiring = chosen.choice([None, *WIRINGS])
    if wiring is not None:
        drawn["wiring"] = wiring
    if wiring == "luong":
        drawn["feed"] = chosen.random() < 0.5
    return drawn


def sources(translator: Translator, lengths: Sequence[int], seed: int = 0) -> Batch:
    """Draw sources of these lengths, side by side; for copying, one of them may have words of its own."""
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(FIRST, 9, (len(lengths), max(lengths)), generator=g)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    inputs = {"source": Field(ids.masked_fill(~mask, 0), mask)}
    if translator.copies:
        own = torch.randint(FIRST, translator.vocabulary + 2, ids.shape, generator=g)
        inputs["copy"] = Field(own.masked_fill(~mask, 0), mask)
    return Batch(inputs)


def alone(batch: Batch, row: int) -> Batch:
    """Return one row of a batch of sources, without its padding."""
    mask = batch.inputs["source"].mask
    assert mask is not None
    length = int(mask[row].sum())
    here = slice(row, row + 1)
    return Batch({name: Field(one.values[here, :length], mask[here, :length]) for name, one in batch.inputs.items()})


@torch.no_grad()
def forced(translator: Translator, source: Batch, written: Sequence[Sequence[int]]) -> Tensor:
    """Return ln p [rows, time, vocabulary] after each beginning of `written`, rows of one length, by teacher forcing:
    the training pass, in which a decoder hears a word that it copied as unknown."""
    rows = len(written)
    given = torch.tensor([[BOS, *ids] for ids in written])
    given = given.masked_fill(given >= translator.vocabulary, UNK)
    inputs = {
        name: Field(one.values.expand(rows, -1), one.mask.expand(rows, -1))  # type: ignore[union-attr]
        for name, one in source.inputs.items()
    }
    inputs["target"] = Field(given, torch.ones_like(given, dtype=torch.bool))
    outputs, _ = translator.model(Batch(inputs))
    return outputs["words"].log_softmax(-1)


def everything(translator: Translator, source: Batch, limit: int) -> list[tuple[tuple[int, ...], list[float]]]:
    """List all that may be written to one source within `limit` tokens, the end among its ids, with each ln p."""
    width = forced(translator, source, [()]).shape[-1]
    words = range(FIRST, width)
    past = list(product(words, repeat=limit - 1))
    logprobs = forced(translator, source, past).tolist()
    found: dict[tuple[int, ...], list[float]] = {}
    for ids, after in zip(past, logprobs, strict=True):
        parts: list[float] = []
        for time in range(limit):
            found[(*ids[:time], EOS)] = [*parts, after[time][EOS]]
            if time < limit - 1:
                parts = [*parts, after[time][ids[time]]]
        for last in words:
            found[(*ids, last)] = [*parts, after[-1][last]]
    return [(ids, parts) for ids, parts in found.items() if min(parts) > -torch.inf]
