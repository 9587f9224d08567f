"""A model of several inputs: laws of the whole, whatever joins them and whatever reads what was joined."""

from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.encoders.fuses import FUSES
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.override import override
from seqloom.spec import Spec, parse, write

QUESTION = {"size": 3, "encoder": {"kind": "gru", "size": 4}}
SPEC: dict[str, Any] = {
    "task": "vqa",
    "source": {"size": 3},
    "encoder": {"kind": "gru", "size": 5},
    "beside": {"question": QUESTION},
    "fuse": {"kind": "concat", "size": 6},
    "heads": {"label": {"kind": "label"}},
}
WRITES: dict[str, Any] = {
    "target": {"size": 3},
    "bridge": {"kind": "attention"},
    "decoder": {"kind": "gru", "size": 4},
    "heads": {"words": {"kind": "tokens"}},
}
WIRING = Wiring(
    source=11, target=9, labels={"label": (["a", "b", "c"], [1, 1, 1])}, beside={"question": Wiring(source=8)}
)
SOURCES = [[4, 5, 6], [7], [8, 4, 9, 10]]
QUESTIONS = [[5, 4], [6, 7, 5, 4], [6]]
WRITTEN = [[1, 5, 6], [1, 7], [1, 8, 4, 5]]


def model_of(*settings: str, **more: Any) -> SequenceModel:
    values = parse({**SPEC, **more}).model_dump(exclude_none=True)
    override(values, settings)
    torch.manual_seed(0)
    model = build(parse(values), WIRING).double().eval()
    g = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.add_(torch.randn(weight.shape, generator=g, dtype=weight.dtype), alpha=0.3)
            if name.endswith("table.weight"):
                weight[0] = 0
    return model


def field(rows: list[list[int]], wide: int = 0) -> Field:
    wide = max(wide, *map(len, rows))
    values = torch.tensor([row + [0] * (wide - len(row)) for row in rows])
    return Field(values, torch.arange(wide) < torch.tensor([len(row) for row in rows])[:, None])


def batch_of(rows: list[int], wide: int = 0, writes: bool = False) -> Batch:
    inputs = {"source": field([SOURCES[row] for row in rows], wide)}
    inputs["question"] = field([QUESTIONS[row] for row in rows], 2 * wide)
    if not writes:
        return Batch(inputs, {"label": Field(torch.tensor(rows))})
    inputs["target"] = field([WRITTEN[row] for row in rows], wide)
    return Batch(inputs, {"words": inputs["target"]})


def loss_of(model: SequenceModel, batch: Batch) -> torch.Tensor:
    outputs, _ = model(batch)
    return torch.stack([total for total, _ in model.loss(outputs, batch).values()]).sum()


@pytest.mark.parametrize("writes", [False, True], ids=["label", "words"])
@pytest.mark.parametrize("kind", FUSES)
def test_a_row_is_its_own_whatever_lies_beside_and_behind_it(kind: str, writes: bool) -> None:
    model = model_of(f"fuse={kind}", **(WRITES if writes else {}))
    alone = torch.stack([loss_of(model, batch_of([row], writes=writes)) for row in range(3)])
    for order, wide in (([0, 1, 2], 0), ([2, 0, 1], 7)):
        torch.testing.assert_close(loss_of(model, batch_of(order, wide, writes)), alone.sum(), atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("reads", ["summary", "mean", "max", "attention"])
@pytest.mark.parametrize("kind", FUSES)
def test_every_weight_learns(kind: str, reads: str) -> None:
    model = model_of(f"fuse={kind}", f"heads.label.reads={reads}")
    loss_of(model, batch_of([0, 1, 2])).backward()
    still = [name for name, one in model.named_parameters() if one.grad is None or not one.grad.abs().max() > 0]
    if kind == "multiply" and reads == "attention":
        assert still == ["heads.label.score.weight"], "one place is chosen from"
    else:
        assert not still


@pytest.mark.parametrize("bridge", ["attention", "context"])
@pytest.mark.parametrize("kind", FUSES)
def test_a_decoder_over_what_was_fused_steps_as_it_runs_and_is_reordered(kind: str, bridge: str) -> None:
    model = model_of(f"fuse={kind}", f"bridge={bridge}", **WRITES)
    batch = batch_of([0, 1, 2], writes=True)
    outputs, _ = model(batch)
    memory = model.read(batch)
    order = torch.tensor([2, 2, 0])
    moved, state = memory.reorder(order), None
    for place in range(2):
        ids = batch.inputs["target"].values[order, place : place + 1]
        logits, state = model.step(ids, state, moved)
        torch.testing.assert_close(logits, outputs["words"][order, place], atol=1e-12, rtol=1e-12)


def test_every_weight_of_a_decoder_over_both_memories_learns() -> None:
    model = model_of(**WRITES)
    loss_of(model, batch_of([0, 1, 2], writes=True)).backward()
    assert all(one.grad is not None and one.grad.abs().max() > 0 for one in model.parameters())


@pytest.mark.parametrize("kind", FUSES)
def test_saved_and_loaded_it_says_the_same(kind: str) -> None:
    model, other = model_of(f"fuse={kind}"), model_of(f"fuse={kind}")
    with torch.no_grad():
        for one in other.parameters():
            one.zero_()
    other.load_state_dict(load(save(model.state_dict())))
    batch = batch_of([0, 1, 2])
    assert torch.equal(model(batch)[0]["label"], other(batch)[0]["label"])


def test_it_cannot_go_on_and_says_so() -> None:
    assert not model_of().causal and model_of().encoder.causal  # type: ignore[union-attr]


def test_an_input_beside_needs_a_mask() -> None:
    batch = batch_of([0])
    with pytest.raises(ValueError, match="an input that is read needs a mask"):
        model_of()(Batch({**batch.inputs, "question": Field(batch.inputs["question"].values)}))


def test_its_spec_is_written_and_read_again() -> None:
    spec = parse({**SPEC, "fuse": {"kind": "attend", "hops": 3}})
    text = write(spec)
    assert "null" not in text.partition("beside:")[2].partition("encoder:")[0]
    assert parse(__import__("yaml").safe_load(text)) == spec
    assert "beside" not in write(Spec(task="x")) and "fuse" not in write(Spec(task="x"))


def test_settings_change_the_parts_of_an_input_beside() -> None:
    values = parse(SPEC).model_dump(exclude_none=True)
    notes = override(values, ["fuse=attend", "fuse.hops=3", "beside.question.encoder=bag", "beside.question.size=7"])
    assert values["fuse"] == {"kind": "attend", "size": 6, "hops": 3}
    assert values["beside"]["question"]["encoder"] == {"kind": "bag"} and values["beside"]["question"]["size"] == 7
    assert notes == ["beside.question.encoder=bag knows no size: dropped."]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"beside": None}, "there is nothing beside it: leave out fuse"),
        ({"fuse": None}, "a source and question beside it need a fuse: -s fuse=concat, multiply or attend"),
        ({"task": "classify"}, "beside: question: classify reads one input; several are read by vqa"),
        (
            {"beside": {"question": {"size": 3}}},
            "question is read by an encoder of its own: -s beside.question.encoder",
        ),
        ({"beside": {"question": {**QUESTION, "tie": True}}}, "beside.question.tie does nothing there"),
        ({"beside": {"sound": QUESTION}}, "beside.sound: this task reads no input of that name .* it has question"),
        ({"heads": {"label": {"kind": "crf"}}}, "head label: crf answers to the steps of one source"),
        ({"fuse": {"size": 3}}, "fuse needs a kind, such as fuse: {kind: concat}"),
        ({"beside": {"question": {"size": 3, "encoder": {}}}}, "beside.question.encoder needs a kind, .* {kind: lstm}"),
        ({**WRITES, "bridge": {"kind": "attention", "score": "location"}}, "location moves along one sequence"),
        ({**WRITES, "decoder": {"kind": "gru", "size": 5, "start": "copy"}}, "start: copy|start=copy"),
    ],
)
def test_what_contradicts_itself_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        model_of(**more)


def test_a_misspelt_key_beside_meets_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown key 'beside.question.sise'; did you mean 'size'"):
        parse({**SPEC, "beside": {"question": {"sise": 3}}})
