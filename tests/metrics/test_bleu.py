"""BLEU by hand: precisions, brevity, several references, what each tokenizer cuts, and the signature."""

import math
import sys

import pytest
import sacrebleu

from seqloom.errors import InputError
from seqloom.metrics.bleu import BLEU
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.written import measure


def bleu(answers: list[str], references: list[str] | list[list[str]], **options: str | bool) -> float:
    return measure([BLEU(**options)], answers, references)["bleu"]  # type: ignore[arg-type]


def test_precisions_and_brevity_by_hand() -> None:
    # of 5, 4, 3, 2 n-grams 4, 3, 2, 1 are right
    assert bleu(["a b c d e"], ["a b c d f"]) == pytest.approx(100 * (1 / 5) ** (1 / 4))
    assert bleu(["a b c d"], ["a b c d e"]) == pytest.approx(100 * math.exp(1 - 5 / 4))


def test_counts_are_summed_over_the_corpus() -> None:
    got = bleu(["a b c d e", "영화가 정말 정말 좋다"], ["a b c d f", "영화가 정말 정말 좋다"])
    assert got == pytest.approx(100 * ((8 / 9) * (6 / 7) * (4 / 5) * (2 / 3)) ** (1 / 4))


def test_any_of_several_references_and_not_all_rows_have_as_many() -> None:
    assert bleu(["a b c d", "p q r s"], [["x y z w", "a b c d"], ["p q r s"]]) == pytest.approx(100)
    assert bleu(["p q r s", "a b c d"], [["p q r s"], ["x y z w", "a b c d"]]) == pytest.approx(100)


def test_tokenizers() -> None:
    glued, apart = ["영화가 참, 정말 좋다!"], ["영화가 참 , 정말 좋다 !"]
    assert bleu(glued, apart) == bleu(glued, apart, tokenize="intl") == pytest.approx(100)
    assert bleu(glued, apart, tokenize="none") < 50
    assert bleu(["한글문서"], ["한글문서들"], tokenize="char") == pytest.approx(100 * math.exp(1 - 5 / 4))
    assert bleu(["한글문서"], ["한글문서들"]) == 0


def test_lower_case_is_asked_for() -> None:
    assert bleu(["A Dog runs fast"], ["a dog runs fast"]) < 100
    assert bleu(["A Dog runs fast"], ["a dog runs fast"], lowercase=True) == pytest.approx(100)


def test_the_signature_says_the_settings() -> None:
    metric = BLEU(lowercase=True)
    metric.add("a b", ["a b"])
    assert metric.signature == f"nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
    metric.result()
    metric.add("a b", ["a b", "a c"])
    assert metric.signature.startswith("nrefs:var|case:lc|")
    plain = BLEU(tokenize="char")
    plain.add("가", ["가", "나"])
    plain.result()
    assert plain.signature == f"nrefs:2|case:mixed|eff:no|tok:char|smooth:exp|version:{sacrebleu.__version__}"
    with pytest.raises(InputError, match="nothing to measure"):
        _ = BLEU().signature


def test_text_that_looks_tokenized_is_scored_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    bleu(["a b ."] * 200, ["a b ."] * 200)
    assert not caplog.records


def test_without_sacrebleu_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "sacrebleu"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(
        InputError, match=r"^BLEU is computed by sacrebleu, which is not installed: pip install 'seqloom"
    ):
        BLEU()


def test_a_corpus_metric_names_its_scorer() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Corpus()  # type: ignore[abstract]
