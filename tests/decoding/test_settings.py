"""Settings: what is out of range, and what would do nothing, is refused with the reason."""

import math
from typing import Any

import pytest

from seqloom.data.vocabulary import BOS, PAD, SEP, UNK
from seqloom.decoding.settings import Settings
from seqloom.errors import InputError

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"beam": 0}, "beam=0 cannot be used: it must be 1 or more."),
    ({"best": 0}, "best=0 cannot be used: it must be 1 or more."),
    ({"alpha": -0.1}, "alpha=-0.1 cannot be used: it must be 0 or more."),
    ({"alpha": math.nan}, "alpha=nan cannot be used"),
    ({"coverage": math.inf}, "coverage=inf cannot be used"),
    ({"min_length": -1}, "min_length=-1 cannot be used"),
    ({"no_repeat": -1}, "no_repeat=-1 cannot be used"),
    ({"samples": -1}, "samples=-1 cannot be used"),
    ({"max_length": 0}, "max_length=0 cannot be used: it must be 1 or more."),
    ({"max_length": 4, "min_length": 4}, "min_length=4 leaves no room for an end within max_length=4"),
    ({"length_penalty": "mean"}, "length_penalty='mean' is not known: none, gnmt or average."),
    ({"forbidden": ((5,), ())}, "forbidden holds a word without tokens"),
    ({"never": (0, 2)}, "never holds 2, the end of an answer: every answer would be cut off."),
    ({"beam": 2, "best": 3}, "best=3 asks for more hypotheses than beam=2 keeps. Raise beam."),
    ({"samples": 3, "best": 2}, "best=2 chooses among hypotheses of a search; samples=3 gives all."),
    ({"temperature": 0.5}, "temperature, top_k, top_p and min_p shape samples, not a search. Set samples=1 or more."),
    ({"min_p": 0.5}, "shape samples, not a search"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED, ids=[str(given) for given, _ in REFUSED])
def test_a_setting_that_cannot_be_met_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        Settings(**given)
    assert said in str(caught.value)


def test_what_is_allowed() -> None:
    assert set(Settings().never) == {PAD, BOS, SEP, UNK}
    Settings(beam=3, best=3, max_length=5, min_length=4, alpha=0.0)
    Settings(samples=9, beam=1, temperature=0.0, top_k=1, top_p=0.5, min_p=0.1)
