"""An explanation: its JSON has a null where there is no number, and a view that refuses is not run."""

import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import InputError
from seqloom.explaining.explain import Explanation, explain
from seqloom.explaining.view import View
from seqloom.training.run import load

KEPT = Path(__file__).resolve().parents[1] / "kept"


def test_what_is_no_number_is_null() -> None:
    values = {"a": np.array([[1.5, np.nan], [np.inf, 2.0]]), "b": np.array([1, 2]), "c": np.array([0.25], np.float32)}
    found = Explanation("run", "asked", "told", -1.0, "ln p", {"it": View("it", "about", values)}, {})
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))["views"]["it"]["values"]
    assert told == {"a": [[1.5, None], [None, 2.0]], "b": [1, 2], "c": [0.25]}


def about(question: str, answer: str, name: str = "ln p") -> str:
    return Explanation("run", question, answer, -1.0, name, {}, {}).about


def test_what_cannot_be_seen_is_shown() -> None:
    assert about("be, he", " ", "ln p(␣)") == "be, he → ␣    ln p(␣) = -1"
    assert about("a\nb", "") == "a⏎b → ∅    ln p = -1"
    assert "\x1b" not in about("a \x1b[31m b", "c")


def test_letters_from_right_to_left_do_not_turn_the_answer() -> None:
    assert about("x مرحبا", "0") == "\u2068x مرحبا\u2069 → 0    ln p = -1"
    assert "\u2068" not in about("가방", "bag")


def test_a_view_that_refuses_is_not_run_and_one_asked_for_says_why() -> None:
    run = load(str(KEPT / "format-1-classify"))
    heard: list[str] = []
    found = explain(run, "훌륭한 film", options={"saliency": {"method": "gradient"}}, say=heard.append)
    assert "bottleneck" in found.refused and "saliency" in found.views
    assert set(found.views).isdisjoint(found.refused)
    assert not any("bottleneck" in one for one in heard)
    with pytest.raises(InputError, match=r"view 'bottleneck' does not apply: .*--data"):
        explain(run, "훌륭한 film", views=["bottleneck"])
