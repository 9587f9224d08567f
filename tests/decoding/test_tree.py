"""Tree: a search written down is the same search, every node has its true ln p, and what was thrown away was worse."""

import math

import pytest
import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.build import Wiring, build
from seqloom.data.batches import pad
from seqloom.data.vocabulary import BOS, EOS
from seqloom.decoding.settings import Settings
from seqloom.decoding.tree import Tree
from seqloom.decoding.writer import decode
from seqloom.kernels.switch import VARIABLE
from seqloom.model import SequenceModel
from seqloom.spec import parse

WORDS = 9


@pytest.fixture(scope="module")
def model() -> SequenceModel:
    torch.manual_seed(3)
    gru = {"kind": "gru", "size": 6}
    parts = {"encoder": gru, "decoder": gru, "bridge": {"kind": "attention", "size": 4}, "source": {"size": 5}}
    spec = parse({"task": "study", **parts, "target": {"size": 5}, "heads": {"words": {"kind": "tokens"}}})
    made = build(spec, Wiring(WORDS, WORDS))
    for parameter in made.parameters():
        parameter.data *= 3
    made.heads["words"].bias.data[EOS] = 4.0  # so that some texts end while others go on
    return made.eval()


SOURCE = Batch({"source": pad([[5, 6, 7, 8, 5, EOS]])})


def logprob(model: SequenceModel, ids: list[int]) -> float:
    """Return ln p of ids after one another, by teacher forcing."""
    batch = Batch({**SOURCE.inputs, "target": pad([[BOS, *ids[:-1]]])})
    with torch.no_grad():
        steps: Tensor = model(batch)[0]["words"][0].log_softmax(-1)
    return float(steps[torch.arange(len(ids)), torch.tensor(ids)].sum())


@pytest.mark.parametrize("beam", [1, 2, 4])
def test_a_search_that_is_watched_is_the_same_and_every_node_is_true(
    model: SequenceModel, beam: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(beam=beam, best=beam, max_length=7, never=())
    tree = Tree(EOS, spare=2)
    found = decode([model], SOURCE, settings, watch=tree.around)
    for one, other in zip(found[0], decode([model], SOURCE, settings)[0], strict=True):
        assert (one.ids, one.finished) == (other.ids, other.finished)
        assert math.isclose(one.logprob, other.logprob, abs_tol=1e-5)  # unwatched it may be written natively
    monkeypatch.setenv(VARIABLE, "off")
    plain = decode([model], SOURCE, settings, watch=Tree(EOS, spare=2).around)
    assert plain == decode([model], SOURCE, settings)  # and else to the last bit
    monkeypatch.undo()
    depth = [0]
    for at, node in enumerate(tree.nodes[1:], 1):
        assert node.parent is not None and node.parent < at
        assert tree.nodes[node.parent].kept and not tree.nodes[node.parent].ended
        assert node.ended == (node.token == EOS)
        assert math.isclose(node.total, logprob(model, tree.written(at)), abs_tol=1e-4)
        depth.append(depth[node.parent] + 1)
    for level in range(1, max(depth) + 1):
        here = [node for node, at in zip(tree.nodes, depth, strict=True) if at == level]
        kept, away = [n.total for n in here if n.kept], [n.total for n in here if not n.kept]
        assert len(kept) <= beam and len(away) == 2 and min(kept) >= max(away)
    ends = {at for node, at in zip(tree.nodes, depth, strict=True) if node.ended and node.kept}
    assert beam == 1 or min(ends) < max(depth), "some end while others go on"
    for one in found[0]:
        way = tree.way(one.ids, one.finished)
        assert way[0] == 0 and tuple(t for t in tree.written(way[-1]) if t != EOS) == one.ids
        assert math.isclose(tree.nodes[way[-1]].total, one.logprob, abs_tol=1e-9)


def test_a_way_that_was_not_taken_is_none(model: SequenceModel) -> None:
    tree = Tree(EOS, spare=3)
    (found,) = decode([model], SOURCE, Settings(beam=1, max_length=5), watch=tree.around)
    away = next(at for at, node in enumerate(tree.nodes) if not node.kept)
    ids = tuple(tree.written(away))
    assert tree.way(tuple(one for one in ids if one != EOS), ids[-1] == EOS) == []
    assert len(tree.way(found[0].ids, found[0].finished)) == len(found[0].ids) + 1 + found[0].finished


def test_what_may_not_be_written_is_not_in_the_tree(model: SequenceModel) -> None:
    tree = Tree(EOS, spare=50)
    decode([model], SOURCE, Settings(beam=2, max_length=4, never=(0, 1, 3, 4, 6)), watch=tree.around)
    assert {node.token for node in tree.nodes[1:]} <= {EOS, 5, 7, 8}


def test_a_tree_is_of_one_sentence(model: SequenceModel) -> None:
    two = Batch({"source": pad([[5, EOS], [6, EOS]])})
    with pytest.raises(ValueError, match="one sentence"):
        decode([model], two, Settings(beam=2, max_length=4), watch=Tree(EOS, 1).around)
