"""On a pairwise cover of every encoder x bridge x decoder: eight pairs are learned by heart and written by greedy
steps, and weights survive a file. One row for each setting is quick; the others are marked slow."""

from collections.abc import Sequence
from pathlib import Path

import bridged
import grid
import pytest
import torch
from bridged import BOS, EOS, paired
from cover import Row, each_once
from test_learning import same_after_a_file
from torch import Tensor

from seqloom.batch import Batch
from seqloom.encoders import kinds as encoder_kinds
from seqloom.model import SequenceModel

SIZE, STEPS, LONGEST = 16, 700, 4
"""Width of everything, the steps in which it must be done, and the longest target with its end."""
RATES = (0.01, 0.01, 0.005, 0.005)
"""Adam's rates, each with a random start of its own: units of relu may be born dead, and an attention that nothing
scales may settle on the wrong word before it has seen the others."""
SOURCES = [torch.tensor(ids) for ids in ([5], [6, 5], [7, 6, 5], [5, 8], [9, 7], [6, 10, 8], [11, 5, 9, 6], [8, 12])]
"""Each has a word that those before it lack, so that an attention that is hard and blind to order can tell them."""
TARGETS = [torch.tensor(ids) for ids in ([8, 9], [5, 7], [7, 10, 6], [6, 9, 8], [10], [9, 5, 8], [7, 9], [])]
VECTORS = grid.vectors([1] * 8, size=bridged.FEATURES, seed=4)


def cases(rows: Sequence[Row]) -> list[object]:
    """Mark as slow what brings no setting that an earlier row has not."""
    quick = [id(row) for row in each_once(rows)]
    return [
        pytest.param(row, marks=() if id(row) in quick else pytest.mark.slow, id=bridged.shown(row)) for row in rows
    ]


def fades(row: Row) -> bool:
    """Tell whether a decoder hears nothing after its start: its State goes on by one fixed linear map, whatever was
    read, and no eight pairs can be told by that with one layer."""
    blind = row["decoder"] in ("mingru", "minlstm") and row.get("embed") == "dummy" and row.get("decoder.layers") == 1
    return blind and row["bridge"].startswith("context") and row["bridge"].endswith("to=start")


VECTOR_ROWS = each_once([row for here in bridged.vector_rows().values() for row in here])


def pairs_of(row: Row) -> tuple[Batch, list[list[int]]]:
    """Return eight pairs and their targets; where the row copies, one target holds a word of its source alone."""
    targets = list(TARGETS)
    if row.get("head") == "copy":
        targets[1] = torch.tensor([5, bridged.VOCABULARY + len(SOURCES[1]) % bridged.OWN])
    sources = [one.float() for one in VECTORS] if row.get("source") == "vectors" else SOURCES
    return paired(sources, targets, row), [one.tolist() for one in targets]


@torch.no_grad()
def written(model: SequenceModel, batch: Batch) -> list[list[int]]:
    """Write by greedy steps, each row up to its end."""
    model.eval()
    memory, state = model.read(batch), None
    ids = torch.full((len(TARGETS), 1), BOS)
    found: list[Tensor] = []
    for _ in range(LONGEST):
        logits, state = model.step(ids, state, memory)
        ids = logits.argmax(-1, keepdim=True)
        found.append(ids)
    rows: list[list[int]] = torch.cat(found, 1).tolist()
    return [row[: row.index(EOS)] if EOS in row else row for row in rows]


def learned(row: Row, seed: int, rate: float) -> bool:
    """Train on the eight pairs until they are written; say whether they ever are."""
    model = bridged.model(row, SIZE, seed)
    batch, wanted = pairs_of(row)
    optimizer = torch.optim.Adam(model.parameters(), rate)
    for _ in range(STEPS):
        model.train()
        optimizer.zero_grad()
        total, count = model.loss(model(batch)[0], batch)["words"]
        (total / count).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if total / count < 0.05 and written(model, batch) == wanted:
            return True
    return False


@pytest.mark.parametrize("row", cases(bridged.few()))
def test_eight_pairs_are_learned_by_heart(row: Row) -> None:
    row = {**row, "decoder.layers": 2} if fades(row) else row  # a second layer hears the first one change
    assert any(learned(row, seed, rate) for seed, rate in enumerate(RATES))


@pytest.mark.parametrize("row", VECTOR_ROWS, ids=bridged.shown)
def test_eight_vectors_become_the_sequences_that_belong_to_them(row: Row) -> None:
    assert any(learned(row, seed, rate) for seed, rate in enumerate(RATES))


@pytest.mark.parametrize("encoder", encoder_kinds())
def test_weights_of_a_pair_survive_a_file(encoder: str, tmp_path: Path) -> None:
    for row in bridged.few():
        if row["encoder"] == encoder:
            model, other = bridged.model(row), bridged.model(row, seed=1)
            same_after_a_file(model, other, tmp_path / "model.safetensors")
            batch, _ = pairs_of(row)
            assert torch.equal(other(batch)[0]["words"], model(batch)[0]["words"]), bridged.shown(row)
