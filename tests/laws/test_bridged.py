"""Every encoder x bridge x decoder obeys: steps = whole, padding and company invisible, reordering commutes, a Tape
changes nothing, attention is shared out over data, no weight is dead."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bridged
import grid
import pytest
import torch
from bridged import KINDS, VECTOR_KINDS, paired, texts
from cover import Row, pairs, unseen
from grid import close
from test_watching import a_tape_changes_nothing
from torch import Tensor

from seqloom import state as states
from seqloom.batch import Batch
from seqloom.bridges import SCORES
from seqloom.build import Wiring, build
from seqloom.errors import InputError
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.state import State
from seqloom.tape import Tape

SOURCES, TARGETS = texts((4, 0, 2), seed=1), texts((3, 2, 0), seed=2)
SOURCES[0][1] = 9  # the word that a copying row cannot know, so that its target may be copied
TARGETS[0][:2] = torch.tensor([5, 9])
VECTORS = grid.vectors((1, 1, 1), size=bridged.FEATURES, seed=3)
ORDER = [2, 0, 1]
INDEX = torch.tensor([1, 0, 0, 2, 1])
"""As a beam moves its hypotheses: some twice, all to another place."""
TOLERANCE = 1e-10


@contextmanager
def named(row: Row) -> Iterator[None]:
    """Tell which row of the grid an exception comes from."""
    try:
        yield
    except BaseException as error:
        error.add_note(bridged.shown(row))
        raise


def batch_of(row: Row, order: list[int] | None = None, wider: int = 0, junk: int | None = None) -> Batch:
    """Make the batch of three pairs; where the row copies, the first target holds a word of its source alone."""
    order = order or [0, 1, 2]
    targets = list(TARGETS)
    if row.get("head") == "copy":
        targets[0] = torch.cat(
            [targets[0][:1], torch.tensor([bridged.VOCABULARY + len(SOURCES[0]) % bridged.OWN]), targets[0][2:]]
        )
    sources = VECTORS if row.get("source") == "vectors" else SOURCES
    return paired([sources[n] for n in order], [targets[n] for n in order], row, wider, junk)


def every_weight_learns(row: Row, slopes: dict[str, Tensor], batch: Batch) -> None:
    """Hold each number of each weight to a gradient that is not zero; some of them, where units may be dead or words
    that do not occur have weights in the layer that reads them.

    Of embeddings it is the rows that were looked up, and no other unless the output layer shares them.
    """
    share = 0 if bridged.relu(row) else 0.01 if row["embed"] == "onehot" else 1
    shared = {"target.table.weight": ("tied", "joint"), "source.table.weight": ("joint",)}
    for name, slope in slopes.items():
        live = slope.abs() > 1e-13  # what is zero by mathematics is not zero by rounding
        if row["embed"] not in shared.get(name, row["embed"]):
            side = batch.inputs[name.split(".")[0]]
            seen = torch.zeros(len(live), dtype=torch.bool).index_fill(0, side.values[side.mask].unique(), True)
            assert not live[~seen].any(), f"{name}: a row that was not seen"
            live = live[seen]
        elif name.endswith("places.weight"):
            side = batch.inputs["target" if name.startswith("decoder") else "source"]
            live = live[: side.values.shape[1]]
        assert live.double().mean() >= share, f"{name}: {live.double().mean():.2f} have a gradient"


def shared_out(row: Row, tape: Tape, batch: Batch, read: Tensor) -> None:
    """Hold recorded weights [batch, heads, target, source] to a sum of 1 over what was read, `read` [batch, source],
    and to 0 on padding."""
    heard = batch.inputs["target"].mask
    looks = {name: weight for name, weight in tape.items() if name.endswith("reader.weights")}
    expected = 0 if row["bridge"].startswith("context") else row["decoder.layers"] if "wiring" not in row else 1
    assert len(looks) == expected
    for name, weight in looks.items():
        assert weight.shape[2:] == (heard.shape[1], read.shape[1]), name
        close(weight.sum(-1), (heard & read.any(1, keepdim=True)).unsqueeze(1).expand(weight.shape[:3]).double())
        data = heard[:, None, :, None] & read[:, None, None, :]
        assert not weight[~data.expand_as(weight)].any(), name
        assert (weight[data.expand_as(weight)] > 0).all(), name
    if row["head"] == "copy":
        close(tape["heads.words.weights"].sum(-1), (heard & read.any(1, keepdim=True)).unsqueeze(1).double())


def steps_are_the_whole(model: SequenceModel, memory: Memory, batch: Batch, wanted: Tensor) -> None:
    """Step all rows one token at a time, moving Memory and State in the middle as a beam does."""
    ids, mask = batch.target["words"].values, batch.target["words"].mask
    words = torch.cat([batch.inputs["target"].values[:, :1], ids[:, :-1]], 1)  # copied words as they were copied
    state, index = None, torch.arange(len(words))
    for t in range(words.shape[1]):
        if t == 2:
            memory, state, index = memory.reorder(INDEX), states.reorder(state, INDEX), INDEX
        logits, state = model.step(words[index, t : t + 1], state, memory)
        here = mask[index, t]
        close(logits[here], wanted[index, t][here], TOLERANCE)


def pieces_are_the_whole(model: SequenceModel, memory: Memory, batch: Batch) -> None:
    """Run the decoder over each row cut at its own places, some pieces empty."""
    heard = batch.inputs["target"]
    x = model.target(heard.values)
    wanted, end = model.decoder(x, heard.mask, None, memory)
    lengths = heard.mask.sum(1).tolist()
    outputs: list[list[Tensor]] = [[] for _ in lengths]
    state: State | None = None
    for piece in grid.cut(lengths, pieces=2, seed=3):
        parts = [x[row, where] for row, where in enumerate(piece)]
        hidden, state = model.decoder(*grid.joined(parts, junk=4), state, memory)
        for row, one in enumerate(parts):
            outputs[row].append(hidden[row, : len(one)])
    close([torch.cat(row) for row in outputs], [wanted[row, :n] for row, n in enumerate(lengths)], TOLERANCE)
    grid.same_state(state, end, TOLERANCE)


def numbers(model: SequenceModel, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """Run: log-probabilities or logits, and the gradients of the loss."""
    outputs, _ = model(batch)
    loss, _ = model.loss(outputs, batch)["words"]
    return outputs["words"].detach(), grid.gradients(model, loss)


def hold(row: Row) -> None:
    """Hold a row of the grid to the laws."""
    with named(row):
        model, batch = bridged.model(row), batch_of(row)
        wanted, slopes = numbers(model, batch)
        assert all(slope.isfinite().all() for slope in slopes.values()), "a row may be empty"
        every_weight_learns(row, slopes, batch)
        other = batch_of(row, ORDER, wider=2, junk=5)
        with Tape(model) as tape:
            got, same = numbers(model, other)
        for place, number in enumerate(ORDER):
            data = batch.inputs["target"].mask[number]
            close(got[place, : len(data)][data], wanted[number][data], TOLERANCE)
        close(same, slopes, TOLERANCE)
        shared_out(row, tape, other, model.encode(other)[0].mask)
        with torch.no_grad():
            memory = model.read(batch)
            steps_are_the_whole(model, memory, batch, wanted)
            pieces_are_the_whole(model, memory, batch)


@pytest.mark.parametrize("kind", KINDS, ids=bridged.shown)
def test_an_encoder_and_a_bridge_obey_with_every_decoder(kind: Row) -> None:
    for row in bridged.rows()[kind["encoder"], kind["bridge"]]:
        hold(row)


@pytest.mark.parametrize("kind", VECTOR_KINDS, ids=bridged.shown)
def test_a_vector_becomes_a_sequence_by_every_decoder(kind: Row) -> None:
    for row in bridged.vector_rows()[kind["encoder"], kind["bridge"]]:
        hold(row)


@pytest.mark.parametrize("noise", ["dropout", "recurrent_dropout"])
@pytest.mark.parametrize("score", SCORES)
def test_a_tape_changes_nothing_while_pairs_train(score: str, noise: str) -> None:
    for way in [*bridged.WIRING_CASES, "transformer"]:
        decoder = {"decoder": "lstm", "wiring": way} if way != "transformer" else {"decoder": way}
        row = {"encoder": "bigru", "bridge": f"attention-score={score}", "decoder.layers": 2, **decoder}
        spec = bridged.spec({**row, "encoder.layers": 1})
        assert spec.encoder is not None and spec.bridge is not None and spec.decoder is not None
        if noise == "recurrent_dropout" and way == "transformer":
            continue
        spec.bridge["dropout"] = spec.decoder[noise] = spec.encoder["dropout"] = 0.4
        if noise == "recurrent_dropout":
            spec.decoder |= {"dropout": 0.4, "dropping": "sequence"}
        torch.manual_seed(0)
        model = build(spec, Wiring(source=bridged.VOCABULARY, target=bridged.VOCABULARY)).double().train()
        with named(row):
            a_tape_changes_nothing(model, batch_of(row))


def test_any_two_settings_that_may_meet_do() -> None:
    rows = [row for here in bridged.rows().values() for row in here]
    together = {two for row in rows for two in pairs(row)}
    for two, homes in unseen(bridged.bases(KINDS), bridged.axes, together).items():
        assert not any(bridged.fits({**home, **dict(two)}) for home in homes), dict(two)
    assert all(bridged.fits(row) for row in rows) and len(rows) > 1400
    triples = {(row["encoder"], row["bridge"], row.get("wiring", row["decoder"])) for row in rows}
    ways = [*bridged.WIRING_CASES, "transformer"]
    wanted = {(kind["encoder"], kind["bridge"], way) for kind in KINDS if bridged.reads(kind) for way in ways}
    assert triples >= wanted, "every wiring with every encoder and bridge"


def test_what_does_not_fit_is_refused_for_a_reason_that_is_listed() -> None:
    listed = said((Path(__file__).parents[2] / "docs" / "refused.md").read_text(encoding="utf-8"))
    rows = bridged.refused()
    assert len(rows) > 40
    for row in rows:
        with named(row), pytest.raises(InputError) as caught:
            bridged.model(row)
        assert said(str(caught.value)) in listed, str(caught.value)


def said(text: str) -> str:
    """Leave out of a message what differs from case to case: numbers, values of options, parts of a State."""
    return re.sub(r"\d+|(?<==)\w+|(?<= of )h( and c)?(?= of width)", "...", text)
