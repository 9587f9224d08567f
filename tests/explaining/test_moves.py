"""Moves: what is written is read or refused, and an intervention changes that alone, there alone, and then goes."""

from typing import Any

import pytest
import torch
from looked import ATTENTION, GRU, TRANSFORMER, batch_of, model_of, subject_on
from torch import Tensor

from seqloom import tape as tapes
from seqloom.errors import InputError
from seqloom.explaining.moves import Intervention, Move, check, parse, read, reweighed
from seqloom.explaining.what_if_view import heard
from seqloom.model import SequenceModel
from seqloom.tape import Tape

LSTM = {"kind": "lstm", "size": 6}
MULTI = {"kind": "attention", "score": "multihead", "heads": 2, "size": 8}
WRITES = {"encoder": TRANSFORMER, "bridge": MULTI, "decoder": TRANSFORMER}


def computed(model: SequenceModel, source: int, target: int, *moves: Move) -> dict[str, Tensor]:
    """Return all that a run computes, under moves."""
    subject = subject_on(model, source, target)
    known = heard(subject)
    check(moves, known)
    with torch.no_grad(), Intervention(model, moves, known) as made, Tape(model) as tape:
        outputs = subject.forward()
    assert all(made.met.values())
    return {**{path: tape[path] for path in tape}, **outputs}


@pytest.mark.parametrize(
    ("what", "said", "wanted"),
    [
        ("force", "encoder.*.f=1", Move("encoder.*.f=1", "force", "encoder.*.f", 1.0)),
        ("force", " f@3#7=-0.5 ", Move("f@3#7=-0.5", "force", "f", -0.5, (2, 3), (6, 7))),
        ("force", "h#2-4@1-2=1e-3", Move("h#2-4@1-2=1e-3", "force", "h", 1e-3, (0, 2), (1, 4))),
        ("mute", "decoder.*.weights#2", Move("decoder.*.weights#2", "mute", "decoder.*.weights", 0.0, None, (1, 2))),
        (
            "weight",
            "a.weights#1@2:5=0.25",
            Move("a.weights#1@2:5=0.25", "weight", "a.weights", 0.25, (1, 2), (0, 1), 4),
        ),
    ],
)
def test_a_move_is_read(what: Any, said: str, wanted: Move) -> None:
    assert parse(what, said) == wanted and read(what, [said]) == [wanted] == read(what, said)


@pytest.mark.parametrize(
    ("what", "said", "why"),
    [
        ("force", "encoder.f", "no =NUMBER"),
        ("force", "f=much", "'much' is no number"),
        ("force", "f=nan", "must be finite"),
        ("force", "f@0=1", "'0' is no number from 1"),
        ("force", "f@4-2=1", "'4-2' is no number from 1"),
        ("force", "f@1@2=1", "said once each"),
        ("force", "=1", "'' is no path"),
        ("mute", "f#x", "'x' is no number from 1"),
        ("mute", "a b", "'a b' is no path"),
        ("weight", "weights@2=1", "the place is @ROW:COLUMN"),
        ("weight", "weights@2:0=1", "the place is @ROW:COLUMN"),
        ("weight", "weights@2:1=1.5", "a weight is 0 to 1"),
    ],
)
def test_what_is_no_move_is_refused_with_an_example(what: Any, said: str, why: str) -> None:
    with pytest.raises(InputError, match="Write it as in what-if") as caught:
        parse(what, said)
    assert why in str(caught.value) and f"what-if.{what}={said}" in str(caught.value)


def test_a_name_alone_is_the_last_of_any_path_and_a_path_is_whole() -> None:
    assert parse("mute", "f").matches("encoder.stack.cells.0.forwards.f")
    assert not parse("mute", "f").matches("encoder.stack.cells.0.forwards.of")
    assert not parse("mute", "encoder.x.f").matches("beside.question.encoder.x.f")
    assert parse("mute", "*.encoder.*.f").matches("beside.question.encoder.x.f")


@pytest.mark.parametrize(
    ("what", "said", "why"),
    [
        ("mute", "encoder.stack.cells.0.forwards.ff", "no probe is .*did you mean 'encoder.stack.cells.0.forwards.f'"),
        ("force", "f@6=1", "has 5 steps, 1 to 5"),
        ("force", "f#7=1", "has 6 units, 1 to 6"),
        ("mute", "weights#2", "has 1 heads, 1 to 1"),
        ("weight", "f@1:1=1", "is no attention"),
        ("mute", "source.values", "holds ids"),
    ],
)
def test_what_is_not_there_is_refused(what: Any, said: str, why: str) -> None:
    model = model_of(LSTM, ATTENTION, GRU)
    with pytest.raises(InputError, match=why):
        check([parse(what, said)], heard(subject_on(model, 5, 3)))


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="looks at 5 places, 1 to 5"):
        computed(model_of(LSTM, ATTENTION, GRU), 5, 3, parse("weight", "decoder.*.weights@1:6=1"))


def test_a_forced_gate_is_that_gate_there_and_what_follows_from_it() -> None:
    model = model_of(LSTM, decoder=None)
    cell, before = "encoder.stack.cells.0.forwards", computed(model, 6, 0)
    after = computed(model, 6, 0, parse("force", f"{cell}.f@4#3=0.9"))
    f, c = f"{cell}.f", f"{cell}.c"
    assert after[f][0, 3, 2] == torch.tensor(0.9)
    same = torch.ones(6, 6, dtype=torch.bool)
    same[3, 2] = False  # [step, unit]
    torch.testing.assert_close(after[f][0, :4][same[:4]], before[f][0, :4][same[:4]], rtol=0, atol=0)
    for path, value in before.items():
        if path.startswith(cell):
            assert torch.equal(after[path][:, :3], value[:, :3]), "nothing before the step"
        if path in (f"{cell}.i", f"{cell}.g", f"{cell}.o"):
            assert torch.equal(after[path][:, 3], value[:, 3]), "nor another gate of the step"
    by_hand = after[f][:, 3] * before[c][:, 2] + before[f"{cell}.i"][:, 3] * before[f"{cell}.g"][:, 3]
    torch.testing.assert_close(after[c][:, 3], by_hand)
    assert torch.equal(after[c][0, 3] != before[c][0, 3], ~same[3]), "the cell state of that unit, and of no other"
    assert (after[c][:, 4] != before[c][:, 4]).all(), "the next step follows from it"
    assert not torch.equal(after["label"], before["label"])


def test_of_a_backward_direction_the_step_is_that_of_the_row() -> None:
    model = model_of({**LSTM, "bidirectional": True}, decoder=None)
    way = "encoder.stack.cells.0.backwards"
    before, after = computed(model, 6, 0), computed(model, 6, 0, parse("mute", f"{way}.h@2"))
    h = f"{way}.h"
    assert (after[h][0, 1] == 0).all() and torch.equal(after[h][:, 2:], before[h][:, 2:]), "read from the end"
    assert (after[h][:, 0] != before[h][:, 0]).all()
    forwards = "encoder.stack.cells.0.forwards.h"
    assert torch.equal(after[forwards], before[forwards]), "the other direction knows nothing of it"


def test_a_head_times_zero_weights_changes_nothing() -> None:
    model = model_of(**WRITES)
    out: Any = model.get_submodule("decoder.stack.blocks.1.cross.reader.out")
    out.weight.data[:, 4:] = 0  # what the second of two heads is multiplied by
    move = parse("mute", "decoder.stack.blocks.1.cross.reader.weights#2")
    before, after = computed(model, 5, 4), computed(model, 5, 4, move)
    assert (after[move.path][:, 1] == 0).all() and torch.equal(after[move.path][:, 0], before[move.path][:, 0])
    assert torch.equal(after["words"], before["words"])
    other = computed(model, 5, 4, parse("mute", "decoder.stack.blocks.1.cross.reader.weights#1"))
    assert not torch.equal(other["words"], before["words"])


def test_a_unit_of_a_query_is_its_head() -> None:
    path = "decoder.stack.blocks.0.attention.query"
    muted = computed(model_of(decoder=TRANSFORMER), 0, 4, parse("mute", f"{path}#2@3"))
    assert (muted[path][0, 1, 2] == 0).all() and (muted[path][0, 0] != 0).all() and (muted[path][0, 1, 3] != 0).all()
    weights = muted["decoder.stack.blocks.0.attention.weights"][0, 1, 2]
    assert weights.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0]), "who asks nothing looks at all alike"


def test_muting_a_head_is_what_zero_output_weights_do() -> None:
    model = model_of(decoder=TRANSFORMER)
    muted = computed(model, 0, 5, parse("mute", "decoder.stack.blocks.0.attention.weights#1"))
    out: Any = model.get_submodule("decoder.stack.blocks.0.attention.out")
    out.weight.data[:, :4] = 0
    torch.testing.assert_close(muted["words"], computed(model, 0, 5)["words"])


@pytest.mark.parametrize("decoder", [TRANSFORMER, GRU], ids=["at once", "step by step"])
def test_a_weight_is_set_in_its_row_and_head_and_the_row_keeps_its_sum(decoder: dict[str, Any]) -> None:
    model = model_of(GRU, MULTI if decoder is TRANSFORMER else {**MULTI, "size": 6}, decoder)
    path = "decoder.stack.blocks.0.cross.reader.weights" if decoder is TRANSFORMER else "decoder.wiring.reader.weights"
    before = computed(model, 5, 4)[path]
    after = computed(model, 5, 4, parse("weight", f"{path}#2@3:1=0.75"))[path]
    assert after[0, 1, 2, 0] == pytest.approx(0.75)
    torch.testing.assert_close(after.sum(-1), torch.ones(1, 2, 4))
    kept = before[0, 1, 2, 1:] * 0.25 / before[0, 1, 2, 1:].sum()
    torch.testing.assert_close(after[0, 1, 2, 1:], kept)
    same = torch.ones(4, dtype=torch.bool)
    same[2 if decoder is TRANSFORMER else slice(2, None)] = False  # a recurrent decoder's next looks follow from it
    assert torch.equal(after[:, 0, same], before[:, 0, same]) and torch.equal(after[:, 1, same], before[:, 1, same])
    assert torch.equal(after[:, 0, 2], before[:, 0, 2]), "the other head of the row looks as it did"


def test_weights_share_what_is_left_and_what_nothing_can_take_is_refused() -> None:
    weights = torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.0, 0.0], [0.25, 0.25, 0.0]])
    wanted = torch.tensor([[0.2, 0.4, 0.4], [0.0, 0.0, 0.0], [0.1, 0.4, 0.0]])  # shares of each row's sum
    torch.testing.assert_close(reweighed(weights, 0, 0.2), wanted)
    torch.testing.assert_close(reweighed(weights[:1], 1, 1.0), torch.tensor([[0.0, 1.0, 0.0]]))
    with pytest.raises(InputError, match=r"nothing can take the 0\.5 that is left"):
        reweighed(torch.tensor([[0.0, 1.0]]), 1, 0.5)


def test_to_force_what_is_there_already_changes_nothing() -> None:
    model = model_of(LSTM, ATTENTION, GRU)
    before = computed(model, 5, 3)
    path = "encoder.stack.cells.0.forwards.o"
    own = before[path][0, 2, 1].item()
    after = computed(model, 5, 3, parse("force", f"{path}@3#2={own!r}"))
    assert all(torch.equal(after[one], before[one]) for one in before)


def test_moves_of_one_probe_are_made_in_turn_and_all_rows_are_moved() -> None:
    model = model_of(LSTM, decoder=None)
    known = heard(subject_on(model, 4))
    moves = [parse("force", "f=0.25"), parse("force", "f@2=0.75")]
    with torch.no_grad(), Intervention(model, moves, known), Tape(model, only="*.f") as tape:
        model(batch_of((4, 4)))
    f = tape["encoder.stack.cells.0.forwards.f"]
    assert f[:, 1].unique().tolist() == [0.75] and f[:, [0, 2, 3]].unique().tolist() == [0.25]


def test_nothing_remains() -> None:
    model = model_of(**WRITES)
    weights = {name: one.clone() for name, one in model.state_dict().items()}
    with torch.no_grad():
        before = model(batch_of((5,), (4,)))[0]["words"]
    computed(model, 5, 4, parse("mute", "decoder.*.weights#1"), parse("force", "source.vectors@1=3"))
    with pytest.raises(InputError):
        computed(model, 5, 4, parse("weight", "decoder.*.attention.weights@1:1=0.5"))
    with torch.no_grad():
        assert torch.equal(model(batch_of((5,), (4,)))[0]["words"], before)
    assert all(torch.equal(weights[name], one) for name, one in model.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())
    assert tapes._watchers.get() == ()


def test_an_intervention_begins_anew_each_time() -> None:
    model = model_of(LSTM, decoder=None)
    subject = subject_on(model, 4)
    with torch.no_grad():
        made = Intervention(model, [parse("mute", "h@4")], heard(subject))
        for times in (1, 2):
            with made:
                subject.forward()
            assert made.met == {"h@4": times}
