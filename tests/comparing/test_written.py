"""What each answer adds, by hand, and that the parts come to the whole for every metric of written answers."""

import pytest

from seqloom.comparing.measures import measure_of
from seqloom.comparing.written import written_stats
from seqloom.errors import InputError
from seqloom.metrics.cider import CIDEr
from seqloom.metrics.distinct import Distinct
from seqloom.metrics.edits import CharacterErrors, Exact, SymbolErrors
from seqloom.metrics.length import Length
from seqloom.metrics.orders import Orders
from seqloom.metrics.rouge import Rouge
from seqloom.metrics.spoken import Spoken
from seqloom.metrics.written import Written

ANSWERS = [
    ("a red 새 sings", ["a red 새 sings loudly", "red birds"]),
    ("", ["nothing at all"]),
    ("two 개 run run run", ["two 개 run", "둘이 달린다"]),
    ("exactly", ["exactly"]),
]
KINDS: list[type[Written]] = [Exact, CharacterErrors, SymbolErrors, Rouge, Length, Spoken, CIDEr, Orders]


@pytest.mark.parametrize("kind", KINDS)
def test_parts_come_to_the_whole(kind: type[Written]) -> None:
    whole = kind()
    for answer, several in ANSWERS:
        whole.add(answer, several)
    for name, expected in whole.result().items():
        stats = written_stats([kind()], name, ANSWERS)
        assert len(stats) == len(ANSWERS)
        assert float(measure_of(name).value(stats.sum(0))) == pytest.approx(expected), name


def test_edits_by_hand() -> None:
    stats = written_stats([Spoken()], "wer", [("a b c", ["a x c d"])])
    assert stats.tolist() == [[2, 4]]
    assert written_stats([CharacterErrors()], "cer", [("한글", ["한국"])]).tolist() == [[1, 2]]


def test_orders_longer_than_every_reference_are_those_of_the_longest() -> None:
    short = [("a b c", ["a b c"]), ("a c", ["b c"])]
    assert written_stats([Orders()], "bleu4", short).shape == (2, 2 + 2 * 3)
    assert written_stats([Orders()], "bleu2", short).shape == (2, 2 + 2 * 2)


def test_length_is_counted_in_its_own_unit() -> None:
    assert written_stats([Length(unit="character")], "length_ratio", [("ab", ["abcd"])]).tolist() == [[2, 4]]


def test_what_is_no_sum_is_refused() -> None:
    with pytest.raises(InputError, match="metric=distinct1: Distinct is no sum over answers"):
        written_stats([Distinct()], "distinct1", ANSWERS)
