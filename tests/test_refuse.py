"""Refuse: what contradicts itself is told with the fix, what only looks like it is built, and all of it is listed."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seqloom.build import Wiring, build
from seqloom.errors import InputError
from seqloom.refuse import RULES, refuse
from seqloom.spec import Spec, parse

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAIR: dict[str, Any] = {
    "task": "translate",
    "source": {"size": 4},
    "target": {"size": 4},
    "encoder": {"kind": "gru", "size": 4},
    "bridge": {"kind": "attention"},
    "decoder": {"kind": "gru", "size": 4},
    "heads": {"words": {"kind": "tokens"}},
}
START, STEPS = {"kind": "context", "to": "start"}, {"kind": "context", "to": "steps"}
TRANSFORMER = {"kind": "transformer", "size": 4, "heads": 2}
ALONE: dict[str, Any] = {"encoder": None, "bridge": None, "source": None}
JOINT = {"size": 4, "joint": True}
NUMBERS = {"size": 4, "tokens": "vector"}


def spec(changes: dict[str, Any]) -> Spec:
    return parse({key: value for key, value in {**PAIR, **changes}.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bridge": None}, "an encoder and a decoder need a bridge between them: -s bridge=attention, or"),
        ({"bridge": {"to": "start"}}, "bridge needs a kind, such as bridge: {kind: attention}; given: {'to': 'start'}"),
        (
            {"encoder": None},
            "a bridge joins an encoder to a decoder, and this task has only one of them: leave it out.",
        ),
        ({"bridge": START, "decoder": TRANSFORMER}, "a Transformer decoder has no start State that could take a"),
        (
            {"bridge": START, "decoder": {"kind": "gru", "start": "zero"}},
            "decoder.start=zero leaves out the context vector, and bridge.to=start gives it nowhere else, so nothing "
            "of the source would be heard: use start: project or copy, or -s bridge.to=steps.",
        ),
        ({"bridge": START, "decoder": {"kind": "gru", "start": "learned"}}, "decoder.start=learned leaves out the"),
        ({"bridge": START, "decoder": {"kind": "gru", "start": "random"}}, "decoder.start=random leaves out the"),
        ({"bridge": STEPS, "heads": {"words": {"kind": "copy"}}}, "head words: copy points at places of the source"),
        (
            {**ALONE, "heads": {"words": {"kind": "copy"}}},
            "head words: copy takes words of a source, and this task has",
        ),
        ({**ALONE, "heads": {"words": {"kind": "ctc"}}}, "head words: ctc tells the steps of an encoder, and this"),
        ({"decode": {"ctc": 0.5}}, "decode.ctc=0.5 is what CTC counts for beside a decoder, and this model does not"),
        (
            {"source": {"tokens": "audio"}, "audio": {"form": "ctc"}},
            "audio.form=ctc is how transcribe tells a text, and this task is translate: leave it out.",
        ),
        ({"heads": {"words": {"kind": "ctc"}}}, "head words: ctc tells the steps of the encoder, so that the decoder"),
        (
            {"bridge": STEPS, "heads": {"words": {"kind": "tokens"}, "ctc": {"kind": "ctc"}}},
            "head ctc: ctc tells the steps of the encoder, and a context vector is one: use -s bridge=attention",
        ),
        (
            {"bridge": None, "decoder": None, "target": {"tie": True}, "heads": {"words": {"kind": "ctc"}}},
            "target.tie shares a decoder's embedding, and head words (ctc) has no decoder: leave it out.",
        ),
        ({"source": {"embed": "dummy"}}, "source.embed=dummy would read nothing of the source; it is for the target's"),
        (
            {"target": {"embed": "dummy"}, "decoder": {**TRANSFORMER, "positions": "none"}},
            "target.embed=dummy with decoder.positions=none makes every step like every other, so that each would "
            "write the same word: use positions: learned or sinusoidal, or embed: learned.",
        ),
        ({"target": {"embed": "dummy"}, "decoder": {**TRANSFORMER, "positions": "rotary"}}, "=rotary makes every step"),
        (
            {"target": {"embed": "dummy", "tie": True}},
            "target.tie shares an embedding that learns; take embed: learned",
        ),
        ({"source": {"tie": True, "freeze": True}, "target": JOINT}, "source.tie shares an embedding that learns"),
        ({"target": {"embed": "dummy", "vectors": "a.vec"}}, "target.vectors are for embed: learned, a dummy has no"),
        (
            {"source": {"size": 4, "tie": True}},
            "source.tie shares one embedding between both sides: they need one vocabulary (-s target.joint=true), "
            "embed: learned, and one size (source.size=4, target.size=4).",
        ),
        ({"source": {"size": 5, "tie": True}, "target": JOINT}, "and one size (source.size=5, target.size=4)."),
        (
            {"source": {"size": 4, "tie": True}, "target": {**JOINT, "embed": "onehot"}},
            "source.tie shares one embedding",
        ),
        (
            {"source": {"size": 4, "tie": True, "vectors": "a.vec"}, "target": JOINT},
            "source.tie shares the target's embedding, so source.vectors would be lost: give target.vectors.",
        ),
        ({"source": {"joint": True}}, "joint is said on the target's side (-s target.joint=true): one vocabulary"),
        (
            {**ALONE, "target": JOINT},
            "target.joint learns one vocabulary from source and target, and this task has one",
        ),
        (
            {"source": {"lowercase": True}, "target": JOINT},
            "target.joint is one vocabulary for both sides: source.lowercase=True must equal target.lowercase=False.",
        ),
        ({"source": {"vocab": 9}, "target": JOINT}, "source.vocab=9 must equal target.vocab=8000."),
        ({"source": {"tokens": "char"}, "target": JOINT}, "source.tokens=char must equal target.tokens=bpe."),
        ({"target": {"tokens": "vector"}}, "target.tokens=vector: numbers can be read, and what is written is text"),
        (
            {"source": NUMBERS, "decoder": None, "bridge": None, "heads": {"label": {"kind": "label"}}},
            "source.tokens=vector is for tasks that write to what they read, such as transduce; this one labels text.",
        ),
        (
            {"source": NUMBERS, "heads": {"words": {"kind": "copy"}}},
            "head words: copy takes words of the source, and source.tokens=vector has none: use kind: tokens.",
        ),
        (
            {"source": NUMBERS, "target": JOINT},
            "target.joint learns one vocabulary from both sides, and source.tokens=",
        ),
        *(
            ({"source": {**NUMBERS, key: value}}, f"source.{said} is for a source of tokens; source.tokens=vector is")
            for key, value, said in [
                ("lowercase", True, "lowercase"),
                ("max_length", 9, "max_length"),
                ("vectors", "a.vec", "vectors"),
                ("freeze", True, "freeze"),
                ("tie", True, "tie"),
                ("embed", "onehot", "embed=onehot"),
            ]
        ),
    ],
)
def test_a_contradiction_is_told_with_the_fix(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        refuse(spec(changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        ALONE,
        {"bridge": START},
        {"bridge": START, "decoder": {"kind": "gru", "size": 4, "start": "copy"}},
        {"bridge": START, "decoder": {"kind": "gru", "size": 4, "start": "project"}},
        {"bridge": STEPS, "decoder": {"kind": "gru", "size": 4, "start": "zero"}},
        {"bridge": {"kind": "context"}, "decoder": {"kind": "gru", "size": 4, "start": "random"}},
        {"bridge": STEPS, "decoder": TRANSFORMER},
        {"heads": {"words": {"kind": "copy"}}},
        {"target": {"embed": "dummy"}},
        {"target": {"embed": "dummy"}, "decoder": {**TRANSFORMER, "positions": "sinusoidal"}},
        {"target": {"embed": "dummy"}, "decoder": TRANSFORMER},
        {"decoder": {**TRANSFORMER, "positions": "none"}},
        {"target": JOINT, "source": {"size": 5}},
        {"target": JOINT, "source": {"size": 4, "tie": True}},
        {"target": {**JOINT, "tie": True}, "source": {"size": 4, "tie": True}},
    ],
    ids=str,
)
def test_what_only_looks_like_a_contradiction_is_built(changes: dict[str, Any]) -> None:
    build(spec(changes), Wiring(source=9, target=9))


def test_a_source_of_numbers_is_built() -> None:
    model = build(spec({"source": {**NUMBERS, "dropout": 0.3}}), Wiring(target=9, features=3))
    assert model.source is not None and model.source.matrix.in_features == 3  # type: ignore[union-attr]
    assert model.source.drop == 0.3


@pytest.fixture(scope="module")
def refused() -> ModuleType:
    """Return docs/refused.py, which writes the list."""
    found = importlib.util.spec_from_file_location("refused", DOCS / "refused.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["refused"] = module
    found.loader.exec_module(module)
    return module


def test_the_list_of_what_is_refused_is_up_to_date(refused: ModuleType) -> None:
    assert (DOCS / "refused.md").read_text(encoding="utf-8") == refused.text(), (
        "write it anew: python docs/refused.py > docs/refused.md"
    )


def test_every_rule_has_an_example_in_the_list(refused: ModuleType) -> None:
    specs = [parse(one.spec()) for examples in refused.SECTIONS.values() for one in examples]
    for rule in RULES:
        assert any(_first(one) is rule for one in specs), rule.__name__


def _first(spec: Spec) -> object:
    """Return the rule that a spec is refused by."""
    return next((rule for rule in RULES if rule(spec) is not None), None)


def test_an_example_that_is_built_after_all_is_no_example(refused: ModuleType) -> None:
    with pytest.raises(ValueError, match="--arch bahdanau is not refused"):
        refused.Example("nothing", "bahdanau").said()
