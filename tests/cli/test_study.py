"""study: a claim measured from the command line, what is written, and each wrong input said with its fix."""

import json
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest

from seqloom.cli.settings import flat, grouped
from seqloom.errors import InputError

QUICK = [word for one in ("size=4", "short=2", "long=3", "steps=2", "little=4", "much=8") for word in ("-s", one)]


def test_a_study_prints_its_verdict_and_writes_page_and_json(seqloom: Callable) -> None:
    code, out, err = seqloom("study", "lstm-vs-gru", *QUICK, "--seeds", "2", "--jobs", "1", "--out", "found")
    assert code == 0
    for part in (
        "claim ",
        "method ",
        "verdict ",
        "test ",
        "LSTM beside GRU",
        "by: seqloom study lstm-vs-gru -s size=4",
    ):
        assert part in out
    assert "seed 8 done, 2 of 2" in err and "wrote found/lstm-vs-gru.html" in err
    told = json.loads(Path("found/lstm-vs-gru.json").read_text(encoding="utf-8"))
    assert told["verdict"]["answer"] in out and told["seeds"] == [7, 8]
    page = Path("found/lstm-vs-gru.html").read_text(encoding="utf-8")
    assert escape(told["claim"].split(",")[0]) in page and "How to read it" in page


def test_a_control_breaks_what_the_claim_rests_on_and_is_kept_apart(seqloom: Callable) -> None:
    code, out, err = seqloom("study", "lstm-vs-gru", *QUICK, "--seeds", "2", "--jobs", "1", "--control", "--json")
    assert code == 0 and "forget gate nearly shut" in err
    assert json.loads(out)["options"]["forget_bias"] == -4.0
    assert Path("studies/lstm-vs-gru-control.json").exists() and not Path("studies/lstm-vs-gru.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "which study? One of: vanishing"),
        (("vanising",), "did you mean 'vanishing'"),
        (("lstm-vs-gru", "-s", "sise=3"), "did you mean 'size'"),
        (("lstm-vs-gru", "-s", "size=big"), "size='big'"),
        (("lstm-vs-gru", "-s", "encoder.size=3"), "an option here is one word"),
        (("lstm-vs-gru", "--seeds", "0"), "greater than or equal to 1"),
        (("lstm-vs-gru", "--control", "-s", "forget_bias=2"), "--control sets forget_bias itself"),
        (("--all", "vanishing"), "leave out the name"),
        (("lstm-vs-gru", "--out", "file"), "is a file: name a folder"),
    ],
)
def test_wrong_input_is_said(seqloom: Callable, words: tuple[str, ...], said: str) -> None:
    Path("file").write_text("")
    answer = seqloom("study", *words)
    assert answer.code == 2 and said in answer.err, answer


def test_settings_are_read_as_those_of_a_spec() -> None:
    assert flat(["a=1", "b=[1, 2]", "c=x", "a=1e-3"]) == {"a": 1e-3, "b": [1, 2], "c": "x"}
    assert grouped(["gates.units=3", "what-if.force=encoder.*.f=1", "gates.low=0.2"]) == {
        "gates": {"units": 3, "low": 0.2},
        "what-if": {"force": "encoder.*.f=1"},
    }
    for wrong in ("gates", "gates.units", "=3", ".x=1", "gates.=1", "a.b.c=1"):
        with pytest.raises(InputError, match=r"view\.option=value"):
            grouped([wrong])


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(seqloom: Callable) -> None:
    code, out, err = seqloom("study", "lstm-vs-gru", *QUICK, "--seeds", "2", "--jobs", "1", "--out", "/proc/found")
    assert code == 2 and out == "" and "nothing can be written to /proc" in err and "seed" not in err
