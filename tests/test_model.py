"""SequenceModel: which part reads which side of a batch, and what it says of itself (laws: tests/laws)."""

import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.data.vocabulary import UNK
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.tape import Tape

IDS = torch.tensor([[4, 5, 6], [7, 4, 0]])
MASK = IDS > 0


def classifier(kind: str = "gru", **side: object) -> SequenceModel:
    spec = Spec(
        task="classify",
        source=SideSpec(size=3, **side),  # type: ignore[arg-type]
        encoder={"kind": kind, "size": 4},
        heads={"label": {"kind": "label"}, "tone": {"kind": "label", "reads": "mean"}},
    )
    labels = {"label": (["a", "b", "c"], [1, 1, 1]), "tone": (["x", "y"], [1, 1])}
    torch.manual_seed(0)
    return build(spec, Wiring(source=9, labels=labels)).double()


def writer(kind: str = "gru", tie: bool = False) -> SequenceModel:
    spec = Spec(
        task="language",
        target=SideSpec(size=4, tie=tie),
        decoder={"kind": kind, "size": 4},
        heads={"words": {"kind": "tokens"}},
    )
    torch.manual_seed(0)
    return build(spec, Wiring(target=9)).double()


def test_every_head_reads_the_one_memory() -> None:
    model = classifier()
    batch = Batch(
        {"source": Field(IDS, MASK)}, {"label": Field(torch.tensor([0, 2])), "tone": Field(torch.tensor([1, 0]))}
    )
    outputs, state = model(batch)
    memory, after = model.encode(batch)
    assert list(outputs) == ["label", "tone"]
    assert torch.equal(outputs["label"], model.heads["label"](memory.outputs, memory))
    assert torch.equal(outputs["tone"], model.heads["tone"](memory.outputs, memory))
    assert state is not None and torch.equal(state["0"]["forwards"]["h"], after["0"]["forwards"]["h"])
    losses = model.loss(outputs, batch)
    assert list(losses) == ["label", "tone"] and model.weights == {"label": 1.0, "tone": 1.0}
    for name, (total, count) in losses.items():
        wanted, number = model.heads[name].loss(outputs[name], batch.target[name])  # type: ignore[operator]
        assert torch.equal(total, wanted) and torch.equal(count, number)
        assert torch.equal(model.counts(batch)[name], count)


def test_a_head_without_a_target_has_no_loss() -> None:
    model = classifier()
    batch = Batch({"source": Field(IDS, MASK)}, {"tone": Field(torch.tensor([1, 0]))})
    outputs, _ = model(batch)
    assert list(model.loss(outputs, batch)) == list(model.counts(batch)) == ["tone"]


def test_a_source_needs_a_mask() -> None:
    with pytest.raises(ValueError, match="the source of a batch needs a mask"):
        classifier()(Batch({"source": Field(IDS)}))


def test_a_step_gives_the_logits_after_the_last_token() -> None:
    model = writer()
    whole, _ = model(Batch({"target": Field(IDS[:1], MASK[:1])}))
    logits, state = model.step(IDS[:1, :2], None)
    torch.testing.assert_close(logits, whole["words"][:, 1])
    logits, _ = model.step(IDS[:1, 2:], state)
    torch.testing.assert_close(logits, whole["words"][:, 2])


def test_what_a_model_has_not_it_says() -> None:
    with pytest.raises(InputError, match="this model has no decoder, so it cannot write"):
        classifier().step(IDS, None)
    with pytest.raises(InputError, match="this model has no encoder"):
        writer().encode(Batch({"target": Field(IDS, MASK)}))


def test_who_can_go_on_and_who_carries() -> None:
    assert [classifier(kind).causal for kind in ("gru", "bigru", "mlp", "transformer")] == [True, False, True, False]
    assert not any(classifier(kind).carries for kind in ("gru", "transformer"))
    assert [(writer(kind).causal, writer(kind).carries) for kind in ("gru", "transformer")] == [
        (True, True),
        (True, False),
    ]


def test_weights_that_learn_are_counted_once() -> None:
    model = writer()
    assert model.parameter_count() == sum(weight.numel() for weight in model.parameters())
    assert model.parameter_count() - writer(tie=True).parameter_count() == 9 * 4
    assert classifier().parameter_count() - classifier(freeze=True).parameter_count() == 9 * 3


def test_a_copy_head_reads_the_source_in_the_targets_ids_and_a_tape_masks_it() -> None:
    spec = Spec(
        task="translate",
        source=SideSpec(size=3),
        target=SideSpec(size=4),
        encoder={"kind": "gru", "size": 4},
        bridge={"kind": "attention", "score": "dot"},
        decoder={"kind": "gru", "size": 4},
        heads={"words": {"kind": "copy", "copy_size": 5}},
    )
    torch.manual_seed(0)
    model = build(spec, Wiring(source=9, target=9)).double()
    own = Field(torch.tensor([[10, 5, 9], [7, 9, 0]]), MASK)
    batch = Batch({"source": Field(IDS, MASK), "target": Field(IDS, MASK), "copy": own})
    with Tape(model, "heads.*") as tape:
        outputs, _ = model(batch)
    assert outputs["words"].shape == (2, 3, 11) and outputs["words"][1, :, 10].isneginf().all()
    assert not tape["heads.words.gate"][1, 2].any() and not tape["heads.words.weights"][1, :, 2].any()
    memory = model.read(batch)
    assert memory.tokens is own.values and set(memory.keys["heads"]["words"]) == {"keys", "first"}
    state = None
    for place in range(3):
        logs, state = model.step(IDS[:, place : place + 1], state, memory)
        torch.testing.assert_close(logs[0], outputs["words"][0, place])
    heard, _ = model.step(torch.tensor([[10], [9]]), None, memory)
    torch.testing.assert_close(heard, model.step(torch.tensor([[4], [4]]), None, memory)[0])


def pairs(head: str = "tokens") -> SequenceModel:
    spec = Spec(
        task="translate",
        source=SideSpec(size=3),
        target=SideSpec(size=3),
        encoder={"kind": "gru", "size": 4},
        bridge={"kind": "attention"},
        decoder={"kind": "gru", "size": 5},
        heads={"words": {"kind": head}},
    )
    torch.manual_seed(0)
    return build(spec, Wiring(source=9, target=9)).double()


def test_what_was_read_holds_the_keys_of_decoder_and_heads_and_both_use_them() -> None:
    model = pairs("copy")
    own = torch.tensor([[9, 5, 6], [7, 10, 0]])
    batch = Batch({"source": Field(IDS, MASK), "copy": Field(own, MASK)})
    memory = model.read(batch)
    assert list(memory.keys) == ["decoder", "heads"] and list(memory.keys["heads"]) == ["words"]
    assert memory.tokens is not None and torch.equal(memory.tokens, own)
    ones = torch.ones(2, 1, dtype=torch.long)
    wanted, _ = model.step(ones, None, memory)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("key.weight"):
                weight.zero_()
    assert torch.equal(model.step(ones, None, memory)[0], wanted)
    assert not torch.equal(model.step(ones, None, model.read(batch))[0], wanted)


def test_a_word_beyond_the_vocabulary_is_heard_as_unknown() -> None:
    model = pairs()
    memory = model.read(Batch({"source": Field(IDS, MASK)}))
    heard = [model.step(torch.full((2, 1), word), None, memory)[0] for word in (UNK, 9, 12, 8)]
    assert torch.equal(heard[0], heard[1]) and torch.equal(heard[0], heard[2]) and not torch.equal(heard[0], heard[3])


def test_a_bridge_says_what_is_seen() -> None:
    model = pairs()
    memory = model.read(Batch({"source": Field(IDS, MASK)}))
    assert memory.outputs.shape == (2, 3, 4) and torch.equal(memory.mask, MASK)
    assert model.causal and not model.carries
