"""Small models of given parts, in evaluation mode with weights that differ, and one made row for them to read."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import torch

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.explaining.subject import Axis, Subject, numbered
from seqloom.model import SequenceModel
from seqloom.spec import parse

KEPT = Path(__file__).parents[1] / "kept"
WORDS = 11
TRANSFORMER = {"kind": "transformer", "size": 8, "layers": 2, "heads": 2, "inner": 8}
GRU = {"kind": "gru", "size": 6}
ATTENTION = {"kind": "attention", "score": "additive", "size": 4}


def model_of(
    encoder: Any = None, bridge: Any = None, decoder: Any = None, heads: Any = None, **more: Any
) -> SequenceModel:
    """Build a model that writes (or, without a decoder, labels) from ids, its weights of a fixed seed."""
    labels = {"label": (["no", "yes", "both"], [1, 1, 1])}
    beside = {name: Wiring(WORDS) for name in more.get("beside", ())}
    wiring = Wiring(WORDS if encoder else None, WORDS if decoder else None, labels, beside=beside)
    spec: dict[str, Any] = {"task": "study", **more}
    if encoder is not None:
        spec |= {"encoder": encoder, "source": {"size": 5, **more.get("source", {})}}
    if bridge is not None:
        spec["bridge"] = bridge
    if decoder is not None:
        spec |= {"decoder": decoder, "target": {"size": 5}}
    spec["heads"] = heads or ({"words": {"kind": "tokens"}} if decoder is not None else {"label": {"kind": "label"}})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        model = build(parse(spec), wiring)
        for parameter in model.parameters():
            parameter.data += torch.randn_like(parameter) * 0.3
    return model.eval()


def batch_of(source: tuple[int, ...] = (), target: tuple[int, ...] = (), question: tuple[int, ...] = ()) -> Batch:
    """Make rows of these lengths, ids that differ."""
    made = torch.Generator().manual_seed(1)
    inputs = {}
    for name, lengths in (("source", source), ("target", target), ("question", question)):
        if lengths:
            ids = torch.randint(5, WORDS, (len(lengths), max(lengths)), generator=made)
            mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
            inputs[name] = Field(ids.masked_fill(~mask, 0), mask)
    return Batch(inputs)


def subject_on(
    model: SequenceModel, source: int = 0, target: int = 0, axes: dict[str, Axis] | None = None, question: int = 0
) -> Subject:
    """Make a row that a model reads and hears, and ask how probable the last token it hears is."""
    batch = batch_of(*((length,) if length else () for length in (source, target, question)))
    named = {"source": numbered(source), "target": numbered(target), "answer": numbered(target)}
    found = {name: axis for name, axis in named.items() if len(axis)} | (axes or {})
    run = cast(Any, SimpleNamespace(model=model, device=torch.device("cpu"), spec=None, task=None))
    head = "words" if "words" in model.heads else "label"

    def score(outputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return outputs[head].log_softmax(-1).flatten()[-1]

    return Subject(run, batch, found, "a row", "an answer", score, "ln p")
