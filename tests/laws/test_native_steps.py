"""The packed step of recurrent decoders obeys too: from the same tokens the logits of the plain step in float64, over
the grid, while hypotheses move; in rounded precisions nearly so."""

from collections import Counter

import bridged
import grid
import pytest
import torch
from cover import Row
from grid import Case
from test_bridged import batch_of, named
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.cells import CELLS
from seqloom.decoding import recurrent_engine as engines
from seqloom.decoding.recurrent_engine import RecurrentEngine, recurrent_engine
from seqloom.kernels.decoder_step import DecoderSession, Precision
from seqloom.kernels.library import Library, native, reason
from seqloom.kernels.switch import LEVELS, VARIABLE
from seqloom.model import SequenceModel
from seqloom.state import State, reorder

STEPS = 5
LANGUAGE = [case for case in grid.DECODER_CASES if case.kind in CELLS]
TOLERANCE = 1e-4
"""Of float32 logits that are about 1 beside float64."""


@pytest.fixture(params=LEVELS)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The native library at each level; skips where there is none, or where the processor lacks the level."""
    monkeypatch.delenv(VARIABLE, raising=False)
    found = native()
    if found is None:
        pytest.skip(f"no native library: {reason()}")
    if LEVELS.index(request.param) > LEVELS.index(found.level):
        pytest.skip(f"this processor has no {request.param}")
    monkeypatch.setenv(VARIABLE, request.param)
    found = native()
    assert found is not None
    return found


def single(batch: Batch) -> Batch:
    """The same batch in float32."""
    inputs = {
        n: Field(f.values.float() if f.values.is_floating_point() else f.values, f.mask)
        for n, f in batch.inputs.items()
    }
    return Batch(inputs, batch.target)


def apart(exact: SequenceModel, model: SequenceModel, engine: RecurrentEngine, batch: Batch | None) -> float:
    """Write random tokens by both, hypotheses moving as in a search; return how far logits are apart at most."""
    g = torch.Generator().manual_seed(1)
    with torch.no_grad():
        wide, memory = (None, None) if batch is None else (exact.read(batch), model.read(single(batch)))
        sentences = 2 if memory is None else len(memory.mask)
        read = engine.read(memory, STEPS)
        session = DecoderSession(engine.step, read.handle, 3 * sentences, STEPS)
        owner, token = torch.arange(sentences), torch.full((sentences,), bridged.BOS)
        parent, furthest = owner, 0.0
        state: State | None = None
        for _ in range(STEPS):
            found = session.advance(token, parent, owner)
            wanted, state = exact.step(token[:, None], state, wide, "words")
            furthest = max(furthest, float((found.double() - wanted).abs().max()))
            parent = torch.randint(len(owner), (min(3 * sentences, len(owner) + 2),), generator=g).sort().values
            token = torch.randint(5, wanted.shape[1], (len(parent),), generator=g)
            owner, state = owner[parent], reorder(state, parent)
            wide = None if wide is None else wide.reorder(parent)
    return furthest


def rows() -> list[Row]:
    """Rows of the grid whose decoder is recurrent and whose head does not copy."""
    return [row for row in bridged.few() if row["decoder"] in CELLS and row["head"] == "tokens"]


@pytest.mark.parametrize("folded", [True, False], ids=["letters", "words"])
def test_every_recurrent_decoder_steps_natively(
    library: Library, monkeypatch: pytest.MonkeyPatch, folded: bool
) -> None:
    if not folded:
        monkeypatch.setattr(engines, "FOLDED", 0)
    refused: Counter[str] = Counter()
    chosen = rows() if library.level == LEVELS[-1] else rows()[::5]
    for row in chosen:
        with named(row):
            model = bridged.model(row).float()
            engine = recurrent_engine(library, model, model.heads["words"], "float32")  # type: ignore[arg-type]
            if isinstance(engine, str):
                refused[engine] += 1
                assert "location" in row["bridge"] or "coverage" in row["bridge"], engine
            else:
                assert apart(bridged.model(row), model, engine, batch_of(row)) < TOLERANCE
    assert sum(refused.values()) < len(chosen) / 5


@pytest.mark.parametrize("case", LANGUAGE, ids=str)
def test_a_language_model_steps_natively(library: Library, case: Case) -> None:
    exact, model = grid.writer(case), grid.writer(case).float()
    engine = recurrent_engine(library, model, model.heads["words"], "float32")  # type: ignore[arg-type]
    assert not isinstance(engine, str), engine
    assert apart(exact, model, engine, None) < TOLERANCE


@pytest.mark.parametrize("precision, near", [("bf16", 0.1), ("int8", 0.2)])
def test_rounded_weights_are_near(library: Library, precision: Precision, near: float) -> None:
    for row in rows()[::12]:
        with named(row):
            model = bridged.model(row).float()
            engine = recurrent_engine(library, model, model.heads["words"], precision)  # type: ignore[arg-type]
            if not isinstance(engine, str):
                assert 0 < apart(bridged.model(row), model, engine, batch_of(row)) < near


def test_what_has_no_engine_says_why() -> None:
    found = native()
    if found is None:
        pytest.skip(f"no native library: {reason()}")

    def told(**given: str) -> str:
        row = next(row for row in bridged.few() if all(given[k] in str(row.get(k)) for k in given))
        model = bridged.model(row).float()
        return str(recurrent_engine(found, model, model.heads["words"], "float32"))  # type: ignore[arg-type]

    assert "head of kind copy" in told(decoder="gru", head="copy")
    assert "no engine for this decoder" in told(decoder="transformer")
    assert "remembers what it read" in told(decoder="lstm", bridge="location", head="tokens")


def test_weights_stay_as_they_were(library: Library) -> None:
    row = rows()[0]
    model = bridged.model(row).float()
    before = [weight.clone() for weight in model.parameters()]
    recurrent_engine(library, model, model.heads["words"], "int8")  # type: ignore[arg-type]
    after: list[Tensor] = list(model.parameters())
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
