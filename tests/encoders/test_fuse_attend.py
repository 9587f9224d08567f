"""Attend: stacked attention by the equations of its paper, in plain numpy; what its weights are, and where they lie."""

import numpy as np
import pytest
import torch
from fused import SIZE, both, fuse_of

from seqloom.encoders.fuse_attend import FuseAttend
from seqloom.errors import InputError
from seqloom.tape import Tape


def test_stacked_attention_by_hand() -> None:
    fuse, memories = fuse_of("attend", hops=2), both([3, 2], [2, 4])
    assert isinstance(fuse, FuseAttend)
    weights = {name: value.detach().numpy() for name, value in fuse.named_parameters()}
    fused = fuse(memories)
    for row, (places, steps) in enumerate([(3, 2), (2, 4)]):
        read = memories["source"].outputs[row, :places].numpy()
        asks = [memories["question"].summary[row].numpy(), *memories["question"].outputs[row, :steps].numpy()]
        v = np.tanh(read @ weights["project.source.weight"].T + weights["project.source.bias"])
        answers = []
        for ask in asks:
            u = np.tanh(weights["project.question.weight"] @ ask + weights["project.question.bias"])
            for hop in range(2):
                of = f"hops.{hop}."
                h = np.tanh(
                    v @ weights[of + "key.weight"].T + weights[of + "query.weight"] @ u + weights[of + "query.bias"]
                )
                p = np.exp(h @ weights[of + "score"])
                u = u + (p / p.sum()) @ v
            answers.append(u)
        np.testing.assert_allclose(fused.summary[row].detach(), answers[0], atol=1e-12)
        np.testing.assert_allclose(fused.outputs[row, :steps].detach(), answers[1:], atol=1e-12)


def test_a_tape_finds_the_weights_of_each_hop() -> None:
    fuse, memories = fuse_of("attend", hops=2), both([3, 2], [2, 4])
    wanted = fuse(memories)
    with Tape(fuse, "*") as tape:
        fused = fuse(memories)
    assert torch.equal(fused.outputs, wanted.outputs) and torch.equal(fused.summary, wanted.summary)
    assert list(tape) == ["weights_1", "weights_2"]
    for path in tape:
        found = tape[path]
        assert found.shape == (2, 1, 1 + 4, 3)
        torch.testing.assert_close(found[0, 0, :3].sum(-1), torch.ones(3, dtype=torch.float64))
        assert not found[0, 0, 3:].any(), "steps of padding look at nothing"
        assert not found[1, 0, :, 2].any(), "nothing looks at padding"


def test_nothing_to_read_leaves_the_question_as_it_is() -> None:
    fuse = fuse_of("attend")
    memories = both([0, 2], [2, 2], wider=1)
    assert isinstance(fuse, FuseAttend)
    asked = fuse.project["question"](memories["question"].summary).tanh()
    fused = fuse(memories)
    assert torch.equal(fused.summary[0], asked[0]) and not torch.equal(fused.summary[1], asked[1])


def test_an_empty_question_still_has_a_summary() -> None:
    fuse = fuse_of("attend")
    fused = fuse(both([3, 2], [0, 0]))
    assert fused.outputs.shape == (2, 0, SIZE) and fused.summary.isfinite().all() and fused.summary.any()


def test_there_are_two() -> None:
    with pytest.raises(InputError, match="the second input reads the first, and there are 3: a, b, c"):
        FuseAttend({"a": 1, "b": 2, "c": 3})
