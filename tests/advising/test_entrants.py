"""Entrants: who can race for a task, why the others cannot, and what reading the data settles for all."""

import pytest

from seqloom.advising.entrants import Wanted, entrants, settled
from seqloom.errors import InputError
from seqloom.presets import PRESETS
from seqloom.tasks import TASKS

DATA = {"caption": "a.tsv", "vqa": "a.tsv", "forecast": "a.csv"}


@pytest.mark.parametrize("task", list(TASKS))
def test_every_preset_races_or_has_a_reason(task: str) -> None:
    found = entrants(Wanted(task, DATA.get(task, "a.txt")))
    assert len(found.specs) >= 2 and set(found.specs) | set(found.left_out) == set(PRESETS)
    assert not set(found.specs) & set(found.left_out) and all(found.left_out.values())
    assert all(spec.task == task and spec.arch == name for name, spec in found.specs.items())


def test_reasons_are_those_of_the_architecture() -> None:
    text = entrants(Wanted("language", "a.txt"))
    assert "it is blind to order" in text.left_out["bag"] and "yet to write" in text.left_out["bilstm"]
    assert text.left_out["gpt"] == "here it is the same as transformer"
    rows = entrants(Wanted("classify", "a.tsv"))
    assert "one sequence into another" in rows.left_out["bahdanau"]
    assert rows.left_out["cnn"] == "it reads image, and these data are not"
    seen = entrants(Wanted("classify", "a.tsv", settings=("source.tokens=image",)))
    assert list(seen.specs)[:2] == ["cnn", "vit"]


def test_what_is_said_wrong_is_said_as_it_is() -> None:
    with pytest.raises(InputError, match=r"fit\.sise"):
        entrants(Wanted("classify", "a.tsv", settings=("fit.sise=3",)))
    with pytest.raises(InputError, match=r"unknown architecture 'grru'.*did you mean 'gru'"):
        entrants(Wanted("classify", "a.tsv"), ["grru", "lstm"])
    with pytest.raises(InputError, match="cannot do this task: it is blind to order"):
        entrants(Wanted("language", "a.txt"), ["bag", "lstm"])
    with pytest.raises(InputError, match="a choice between two"):
        entrants(Wanted("classify", "a.tsv"), ["gru", "gru"])


def test_named_architectures_race_in_their_order() -> None:
    assert list(entrants(Wanted("classify", "a.tsv"), ["lstm", "bag"]).specs) == ["lstm", "bag"]


def test_what_reading_settled_is_taken_over_and_the_rest_is_ones_own() -> None:
    planned = {"arch": "gru", "encoder": {"kind": "gru"}, "heads": {"tags": {"kind": "auto"}, "intent": {"kind": "x"}}}
    learnt = {"arch": "gru", "encoder": {"kind": "gru"}, "heads": {"tags": {"kind": "crf"}}}
    planned |= {"source": {"size": 8, "k": None}, "fit": {"metric": "auto", "lr": 1.0}, "decode": None}
    learnt |= {"source": {"size": 8, "k": 4}, "fit": {"metric": "span_f1", "lr": 1.0}, "decode": {"max_length": 9}}
    other = {**planned, "arch": "bag", "encoder": {"kind": "bag"}, "source": {"size": 16, "k": None}}
    assert settled(planned, learnt, other) == {
        "arch": "bag",
        "encoder": {"kind": "bag"},
        "heads": {"tags": {"kind": "crf"}},
        "source": {"size": 16, "k": 4},
        "fit": {"metric": "span_f1", "lr": 1.0},
        "decode": {"max_length": 9},
    }
