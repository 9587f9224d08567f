"""The view `what-if`: the answer before and after, what moved and what did not, and every single change in turn."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from looked import ATTENTION, GRU, KEPT, TRANSFORMER, model_of, subject_on

from seqloom import tape as tapes
from seqloom.errors import InputError
from seqloom.explaining import what_if_view
from seqloom.explaining.answering import label_of
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.explaining.what_if_view import WhatIfView, heard
from seqloom.heads.label import LabelHead
from seqloom.report.figures import Bars, Heat, Lines, Table
from seqloom.tape import Patch, Tape
from seqloom.training.run import load


def of(name: str, row: object, target: str | None = None) -> Subject:
    return subject_of(load(KEPT / f"format-1-{name}"), row, target=target)


def seen(subject: Subject, **options: Any) -> View:
    viewer = WhatIfView(**options)
    assert viewer.refusal(subject) is None
    view = viewer.view(subject, print)
    assert json.dumps(view.facts)
    return view


def test_another_word_is_another_answer() -> None:
    subject = of("translate", "개 3 마리가 달린다")
    view = seen(subject, edit="3=19")
    assert view.facts["answer"] == {"before": "3 dogs run", "after": "19 dogs run"}
    assert view.facts["score"]["before"] == pytest.approx(subject.told(), abs=1e-4)
    changed = of("translate", "개 19 마리가 달린다", target="3 dogs run")
    assert view.facts["score"]["after"] == pytest.approx(changed.told(), abs=1e-4)
    lines = next(figure for figure in view.figures if isinstance(figure, Lines))
    before, after = (line.y for line in lines.lines)
    assert before.sum() == pytest.approx(subject.told(), abs=1e-4) and after[0] < before[0] - 1


def test_what_is_forced_holds_while_the_answer_is_written() -> None:
    """A look that is bent under teacher forcing is bent in the search too, as under a Patch of one's own."""
    subject = of("translate", "개 3 마리가 달린다")
    view = seen(subject, weight="decoder.wiring.reader.weights@2:5=1")
    assert view.facts["answer"] == {"before": "3 dogs run", "after": "3 birds run"}
    view = seen(subject, mute="encoder.*.h")
    with Patch(subject.run.model, {"encoder.*.h": torch.zeros_like}):
        (alone,) = subject.run.predict(["개 3 마리가 달린다"])
        score = subject.told()
    assert view.facts["answer"]["after"] == alone.text  # type: ignore[union-attr]
    assert view.facts["score"]["after"] == pytest.approx(score, abs=1e-4)


def test_what_moved_is_nothing_before_the_change() -> None:
    subject = of("classify", "훌륭한 film 영화 great")
    view = seen(subject, force="encoder.*.forwards.f@3=0")
    moved = {path[6:]: one for path, one in view.values.items()}
    cell = "encoder.stack.cells.0.forwards"
    assert (moved[f"{cell}.c"][:2] == 0).all() and (moved[f"{cell}.c"][2:] > 0).all()
    assert (moved[f"{cell}.i"][:3] == 0).all() and moved[f"{cell}.i"][3] > 0
    assert all((one == 0).all() for path, one in moved.items() if "backwards" in path or "source" in path)
    half = seen(subject, mute=f"{cell}.h@2").values[f"moved:{cell}.h"]
    with torch.no_grad(), Tape(subject.run.model, only=f"{cell}.h") as tape:
        subject.forward()
    h = tape[f"{cell}.h"][0].square()
    assert half[1] == pytest.approx(float((h[1].mean() / h.mean()).sqrt()), rel=1e-4), "as a share of what was there"
    heats = [figure for figure in view.figures if isinstance(figure, Heat)]
    assert heats and all(np.nanmax(one.values) > 0 for one in heats)
    assert list(heats[0].columns) == ["훌륭한", "film", "영화", "great"]
    assert view.facts["moved"][f"{cell}.h"] > 0


def test_chances_of_labels_before_and_after() -> None:
    subject = of("classify", "훌륭한 film")
    view = seen(subject, edit="훌륭한=지루한")
    assert view.facts["answer"] == {"before": "좋음", "after": "나쁨"}
    (told,) = subject.run.predict(["지루한 film"])
    assert view.facts["chances"]["after"] == pytest.approx(told.probabilities, abs=1e-5)  # type: ignore[union-attr]
    assert any(isinstance(figure, Bars) for figure in view.figures)


@pytest.mark.parametrize(
    ("name", "row", "options", "answer"),
    [
        ("tag", "fly to New York", {"edit": "fly=stay"}, "O O B-to I-to"),
        ("language", "hello wor", {"edit": "target@9=l"}, "d"),
    ],
)
def test_other_answers(name: str, row: str, options: dict[str, Any], answer: str) -> None:
    assert seen(of(name, row), **options).facts["answer"]["after"] == answer


def test_a_number_is_its_own_answer() -> None:
    subject = of("regress", np.linspace(0, 1, 12).reshape(6, 2))
    view = seen(subject, mute="h#1")
    assert view.facts["score"]["before"] == pytest.approx(subject.told(), abs=1e-5)
    assert view.facts["score"]["after"] != pytest.approx(subject.told(), abs=1e-5)
    assert view.facts["answer"]["after"] == f"the number told = {view.facts['score']['after']:.6g}"


def test_numbers_that_are_forced_leave_the_row_as_it_was() -> None:
    subject = of("regress", np.linspace(0, 1, 12).reshape(6, 2))
    before = subject.batch.inputs["source"].values.clone()
    view = seen(subject, force="source.values@2#1=3")
    made = seen(subject, edit="source@2#1=3")
    assert view.facts["score"]["after"] == pytest.approx(made.facts["score"]["after"], abs=1e-6)
    assert view.facts["score"]["after"] != pytest.approx(view.facts["score"]["before"], abs=1e-6)
    assert torch.equal(subject.batch.inputs["source"].values, before)


def test_several_labels_are_those_that_are_likelier_than_not() -> None:
    head = LabelHead(4, ["a", "b", "c"], [1, 1, 1], True)
    assert label_of(head, {"a": 0.6, "b": 0.4, "c": 0.5}) == "a, c" and label_of(head, {"a": 0.1}) == "(none)"
    assert label_of(LabelHead(4, ["a", "b"], [1, 1], False), {"a": 0.4, "b": 0.6}) == "b"


def test_what_only_the_decoder_hears_changes_the_score_and_no_search() -> None:
    view = seen(of("translate", "개 3 마리가 달린다"), edit="target@2=19")
    assert any("the written answer does not" in note for note in view.notes)
    assert view.facts["score"]["after"] < view.facts["score"]["before"]


def test_what_the_search_does_not_meet_is_said() -> None:
    view = seen(of("translate", "개 3 마리가 달린다"), force="source.vectors=0")
    assert view.facts["answer"]["after"] is None and any("meets nothing" in note for note in view.notes)


def test_every_gate_and_every_head_in_turn() -> None:
    model = model_of({"kind": "lstm", "size": 6}, {**ATTENTION, "score": "multihead", "heads": 2, "size": 6}, GRU)
    subject = subject_on(model, 5, 3)
    view = seen(subject)
    changes = {one["change"]: one for one in view.facts["changes"]}
    gates = [f"encoder.stack.cells.0.forwards.{gate}" for gate in "ifo"]
    gates += [f"decoder.stack.cells.0.forwards.{gate}" for gate in "rz"]
    wanted = {f"force {gate}={n}" for gate in gates for n in (0, 1)}
    wanted |= {f"mute decoder.wiring.reader.weights#{n}" for n in (1, 2)}
    assert set(changes) == wanted
    for one in changes.values():
        assert one["difference"] == pytest.approx(one["after"] - subject.told(), abs=1e-6)
    sizes = [abs(one["difference"]) for one in view.facts["changes"]]
    assert sizes == sorted(sizes, reverse=True)
    with Patch(model, {gates[1]: torch.zeros_like}):
        assert changes[f"force {gates[1]}=0"]["after"] == pytest.approx(subject.told(), abs=1e-6)
    bars, table = view.figures
    assert isinstance(bars, Bars) and isinstance(table, Table) and len(table.rows) == len(wanted)
    assert {"encoder layer 1: f = 0", "no decoder, looking at what was read, head 2"} < set(bars.names)
    few = seen(subject, sweep=3)
    assert len(few.facts["changes"]) == 3 and any("3 of 12" in note for note in few.notes)


def test_nothing_to_try_is_refused_and_named_changes_are_not() -> None:
    model = model_of({"kind": "rnn", "size": 6}, {"kind": "context"}, {"kind": "rnn", "size": 6})
    subject = subject_on(model, 4, 3)
    assert "-s what-if.edit" in str(WhatIfView().refusal(subject))
    assert WhatIfView(mute="h#1").refusal(subject) is None


def test_a_score_without_end_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = of("classify", "great film")
    endless = replace(subject, score=lambda outputs: torch.tensor(-torch.inf))
    view = seen(endless, force="encoder.*.o=0")
    assert view.facts["score"] == {"name": subject.score_name, "before": None, "after": None}
    swept = seen(endless)
    assert all(one["after"] is None for one in swept.facts["changes"]) and any("left open" in n for n in swept.notes)


def test_what_names_nothing_is_refused_before_anything_runs() -> None:
    with pytest.raises(InputError, match=r"no probe is 'nowhere\.\*'"):
        WhatIfView(mute="nowhere.*").view(of("classify", "great"), print)
    with pytest.raises(InputError, match=r"what-if\.force=f: there is no =NUMBER"):
        WhatIfView(force="f")


def test_a_long_row_is_not_drawn_and_its_maps_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = subject_on(model_of(encoder=TRANSFORMER), 9)
    monkeypatch.setattr(what_if_view, "DRAWN", 8)
    maps = {path for path in heard(subject) if path.endswith("weights")}
    assert not maps and any(path.endswith("query") for path in heard(subject))
    refused = WhatIfView().refusal(subject)
    assert refused is not None, "no gate, and the heads of a long row are not tried"
    view = seen_of(subject, mute="encoder.stack.blocks.0.attention.weights#1")
    assert not view.values and any("not drawn" in note for note in view.notes)
    assert view.facts["score"]["after"] != view.facts["score"]["before"]


def seen_of(subject: Subject, **options: Any) -> View:
    return WhatIfView(**options).view(subject, print)


def test_nothing_remains() -> None:
    subject = of("translate", "개 3 마리가 달린다")
    model, before = subject.run.model, subject.told()
    for options in ({}, {"force": "z=0", "edit": "3=19"}):
        seen(subject, **options)
    assert subject.told() == before and not model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())
    assert tapes._watchers.get() == ()
