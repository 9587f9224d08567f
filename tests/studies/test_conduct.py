"""Conducting: rows follow from seeds alone, whatever the processes; verdicts from rows; options are checked."""

import json

import pytest
import torch

from seqloom.errors import InputError
from seqloom.studies import STUDIES
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.study import Study

QUICK = {"size": 4, "short": 2, "long": 3, "steps": 2, "little": 4, "much": 8}


def without_times(rows: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key not in ("step", "latency")} for row in rows]


@pytest.fixture(scope="module")
def alone():
    return conduct("lstm-vs-gru", QUICK, seeds=2, seed=3, jobs=1)


def test_rows_follow_from_the_seeds_whatever_the_processes(alone):
    together = conduct("lstm-vs-gru", QUICK, seeds=2, seed=3, jobs=2)
    assert without_times(alone.rows) == without_times(together.rows)
    assert {row["seed"] for row in alone.rows} == {3, 4}


def test_a_finding_says_how_it_is_found_again_and_is_json(alone):
    assert alone.command == (
        "seqloom study lstm-vs-gru -s size=4 -s short=2 -s long=3 -s steps=2 -s little=4 -s much=8 --seeds 2 --seed 3"
    )
    told = json.loads(json.dumps(alone.to_dict()))
    assert told["verdict"]["answer"] in ("holds", "does not hold", "inconclusive")
    assert told["rows"] == alone.rows and told["seeds"] == [3, 4]
    assert set(told) >= {"claim", "method", "source", "table", "seconds", "torch", "seqloom"}


def test_notes_tell_of_each_seed():
    said: list[str] = []
    conduct("lstm-vs-gru", QUICK, seeds=2, jobs=1, say=said.append)
    assert said == ["lstm-vs-gru: seed 7 done, 1 of 2", "lstm-vs-gru: seed 8 done, 2 of 2"]


def test_threads_are_as_they_were():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        conduct("lstm-vs-gru", QUICK, seeds=1, jobs=1)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_what_is_timed_runs_alone(monkeypatch):
    def never(*given, **more):
        raise AssertionError("a study that times things has no other beside it")

    monkeypatch.setattr("seqloom.studies.conduct.ProcessPoolExecutor", never)
    monkeypatch.setattr(STUDIES["lstm-vs-gru"], "alone", True)
    assert len(conduct("lstm-vs-gru", QUICK, seeds=2, jobs=2).seeds) == 2
    assert STUDIES["parallel"].alone


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("lstm-vs-gru", {"sise": 3}, "did you mean 'size'"),
        ("lstm-vs-gru", {"size": 0}, "size=0"),
        ("lstm-vs-gro", {}, "did you mean 'lstm-vs-gru'"),
    ],
)
def test_wrong_options_are_said(name, given, said):
    with pytest.raises(InputError, match=said):
        conduct(name, given, seeds=1, jobs=1)
    with pytest.raises(InputError, match="one seed at least"):
        conduct("lstm-vs-gru", QUICK, seeds=0)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_says_all_that_a_person_needs(name):
    kind: type[Study] = STUDIES[name]
    assert kind.name == name
    for part in ("question", "claim", "method", "source", "reading", "exercise", "control_about"):
        text = getattr(kind, part)
        assert len(text) > 20 and text == " ".join(text.split()), part
    assert kind.question.endswith("?")
    assert kind.control and kind.tiny
    prepare(name, {**kind.tiny, **kind.control})
    assert kind.seeds >= 3
