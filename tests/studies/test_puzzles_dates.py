"""Dates as a puzzle: the parts of every form stand where they are said to."""

from datetime import timedelta

import pytest
import torch

from seqloom.data.dates import DAYS, FIRST, FORMS, MONTHS, cardinal, hangul, ordinal
from seqloom.data.vocabulary import BOS, EOS, UNK
from seqloom.studies.puzzles_dates import FIGURES, PATTERNS, letters, parts_of, written_dates


def readings(number: int) -> set[str]:
    return {str(number), f"{number % 100:02d}", cardinal(number), hangul(number)}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_where_its_parts_stand(form: str) -> None:
    for number in range(0, DAYS, 41):
        day = FIRST + timedelta(number)
        text = FORMS[form](day)
        found = {part: text[start:end] for part, (start, end) in parts_of(form, text).items()}
        assert found["year"] in readings(day.year)
        name = MONTHS[day.month - 1]
        assert found["month"] in {name, name[:3], str(day.month), {6: "유", 10: "시"}.get(day.month, hangul(day.month))}
        assert found["day"] in {str(day.day), ordinal(day.day), hangul(day.day)}


def test_there_is_a_pattern_for_each_form_and_no_other() -> None:
    assert set(PATTERNS) == set(FORMS)
    with pytest.raises(ValueError, match="'21 November' is no date of the form"):
        parts_of("21 Nov 2026", "21 November")


def test_forms_in_figures_spell_no_year() -> None:
    day = FIRST + timedelta(20778)
    assert len(FIGURES) == 17
    assert all("26" in FORMS[form](day) and "21" in FORMS[form](day) for form in FIGURES)


def test_right_places_are_those_of_each_character() -> None:
    batch, places = written_dates(torch.Generator().manual_seed(0), 40, tuple(FORMS))
    source, told = batch.inputs["source"], batch.target["words"].values
    assert source.mask is not None
    text = [
        "".join("∎" if one == EOS else letters()[one - UNK - 1] for one in row if one) for row in source.values.tolist()
    ]
    assert all(one.endswith("∎") for one in text)
    assert (batch.inputs["target"].values[:, 0] == BOS).all() and (told[:, -1] == EOS).all()
    assert not places[~source.mask[:, None, :].expand_as(places)].any()
    assert places.any(-1).tolist() == [[True] * 4 + [False] + [True] * 2 + [False] + [True] * 2 + [False]] * 40
    for row, line in enumerate(text):
        year = "".join(line[place] for place in places[row, 0].nonzero()[:, 0].tolist())
        answer = "".join(letters()[one - UNK - 1] for one in told[row, :-1].tolist())
        assert year in readings(int(answer[:4]))
