"""Written answers: paired with their references or refused, and measured by several metrics at once."""

import pytest

from seqloom.errors import InputError
from seqloom.metrics.edits import Exact
from seqloom.metrics.length import Length
from seqloom.metrics.written import Written, measure, paired


def test_a_text_is_one_reference_and_a_list_is_several() -> None:
    assert paired(["가", "b"], ["가나", ["b", "c"]]) == [("가", ("가나",)), ("b", ("b", "c"))]
    assert paired([], []) == []


@pytest.mark.parametrize(("hypotheses", "references"), [(["a"], ["a", "b"]), (["a", "b"], ["a"]), (["a"], [])])
def test_unequal_numbers_are_refused(hypotheses: list[str], references: list[str]) -> None:
    wanted = (
        f"^{len(hypotheses)} hypotheses for {len(references)} rows of references: there must be one for each row,"
        r" an empty one where nothing was written\.$"
    )
    with pytest.raises(InputError, match=wanted):
        paired(hypotheses, references)
    with pytest.raises(InputError, match=wanted):
        measure([Exact()], hypotheses, references)


def test_several_metrics_of_the_same_answers() -> None:
    values = measure([Exact(), Length()], ["김 이", "박"], [["박", "김 이"], "김 박 최"])
    assert values == {"exact": 0.5, "length_ratio": 3 / 5}


def test_an_answer_without_reference_is_refused() -> None:
    metric = Exact()
    metric.add("a", ["a"])
    with pytest.raises(InputError, match=r"^answer 2 \('영화'\) has no reference to be compared with: give it one\.$"):
        metric.add("영화", [])
    assert metric.result() == {"exact": 1.0}


def test_a_reference_given_bare_would_be_its_letters() -> None:
    with pytest.raises(TypeError, match="references are a list of texts, not a text"):
        Exact().add("a", "abc")


def test_nothing_written_is_an_error() -> None:
    with pytest.raises(InputError, match="there is nothing to measure: no answer was written"):
        Exact().result()


def test_the_contract() -> None:
    with pytest.raises(TypeError, match="Written has no count"):
        Written().add("a", ["a"])
    with pytest.raises(TypeError, match="Written has no values"):
        Written().values()
