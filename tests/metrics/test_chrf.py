"""chrF by hand, its options and its signature."""

import sys

import pytest
import sacrebleu

from seqloom.errors import InputError
from seqloom.metrics.chrf import ChrF
from seqloom.metrics.written import measure


def test_by_hand() -> None:
    # characters 2 of 2 and 3, pairs 1 of 1 and 2: precision 1, recall (2/3 + 1/2) / 2 = 7/12, F2 = 5 P R / (4 P + R)
    assert measure([ChrF()], ["한글"], ["한글문"])["chrf"] == pytest.approx(100 * 35 / 55)
    assert measure([ChrF()], ["ab", "영화"], [["xy", "ab"], ["영화"]])["chrf"] == pytest.approx(100)


def test_words_and_case_are_asked_for() -> None:
    metric, plus = ChrF(lowercase=True), ChrF(words=2)
    metric.add("A Cat", ["a cat"])
    plus.add("가나 다", ["가 나다"])
    assert metric.result()["chrf"] == pytest.approx(100)
    # of five orders those of characters, 1 to 3, are all right and those of words, 1 and 2, all wrong
    assert plus.result()["chrf"] == pytest.approx(60)
    assert metric.signature == f"nrefs:1|case:lc|eff:yes|nc:6|nw:0|space:no|version:{sacrebleu.__version__}"
    assert "|case:mixed|eff:yes|nc:6|nw:2|" in plus.signature


def test_without_sacrebleu_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "sacrebleu"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(InputError, match=r"^ChrF is computed by sacrebleu, .*: pip install 'seqloom\[metrics\]'$"):
        ChrF()
