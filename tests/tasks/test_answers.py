"""Answers: in order, one by one as together, shaped by the spec unless asked otherwise."""

from dataclasses import replace

import pytest
import torch

from seqloom.build import Wiring, build
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.settings import Settings
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import DecodeSpec, parse
from seqloom.tasks import answers
from seqloom.tasks.answers import Answer, Search, answer, settings_of
from seqloom.tasks.pair_batches import Coder

LETTERS = Vocabulary.train(["가나다라마abc "], "char", 50)
WORDS = Vocabulary.train(["met 와 . 가 나"], "word", 20)
PIECES = Vocabulary.train(["good goodness good"] * 3, "bpe", 300)
SETTINGS = Settings(beam=3, best=2, max_length=8, min_length=3)
ROWS = [[text] for text in ("가나다", "", "라", "마abc가나다라", "나 나", "가나다")]


def model_of(coder: Coder, seed: int = 0) -> SequenceModel:
    kind = "copy" if coder.copies else "tokens"
    spec = parse(
        {
            "task": "translate",
            "source": {"size": 8},
            "target": {"size": 8},
            "encoder": {"kind": "gru", "size": 8},
            "bridge": {"kind": "attention", "score": "dot"},
            "decoder": {"kind": "gru", "size": 8},
            "heads": {"words": {"kind": kind}},
        }
    )
    torch.manual_seed(seed)
    model = build(spec, Wiring(source=len(coder.source), target=len(coder.target))).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3)  # far from even, so that answers differ
    return model


CODER = Coder(LETTERS, LETTERS, False, 20)


def test_answers_come_in_order_and_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(CODER)
    monkeypatch.setattr(answers, "TOGETHER", 2)
    together = list(answer([model], CODER, ROWS, SETTINGS))
    alone = [next(answer([model], CODER, [row], SETTINGS)) for row in ROWS]
    assert [one.text for one in together] == [one.text for one in alone]
    for one, other in zip(together, alone, strict=True):
        for guess, same in zip(one.hypotheses, other.hypotheses, strict=True):
            assert guess.tokens == same.tokens and guess.logprob == pytest.approx(same.logprob)
    assert together[0].text == together[5].text and len({one.text for one in together}) > 2
    assert all(len(one.hypotheses) == 2 for one in together if one.hypotheses)


def test_an_empty_source_has_an_empty_answer() -> None:
    empty, full = answer([model_of(CODER)], CODER, [[""], ["가"]], SETTINGS)
    assert empty == Answer("", ()) and full.text


def test_the_text_of_a_guess_is_that_of_its_tokens() -> None:
    (found,) = answer([model_of(CODER)], CODER, [["가나"]], SETTINGS)
    for guess in found.hypotheses:
        assert guess.text == "".join(guess.tokens)
    assert found.text == found.hypotheses[0].text
    assert len({guess.text for guess in found.hypotheses}) == 2


def test_a_prefix_begins_every_answer() -> None:
    for found in answer([model_of(CODER)], CODER, [["가나"], ["라"]], SETTINGS, prefix="다a"):
        assert all(guess.text.startswith("다a") for guess in found.hypotheses)


def test_samples_follow_from_the_number_of_a_row() -> None:
    model, drawn = model_of(CODER), replace(SETTINGS, best=1, samples=3, seed=5)
    rows = [["가나다"]] * 3
    together = list(answer([model], CODER, rows, drawn, first=4))
    alone = [next(answer([model], CODER, [row], drawn, first=4 + number)) for number, row in enumerate(rows)]
    assert [[g.text for g in one.hypotheses] for one in together] == [[g.text for g in one.hypotheses] for one in alone]
    assert len({tuple(g.text for g in one.hypotheses) for one in together}) == 3, "rows differ"
    assert len(together[0].hypotheses) == 3


def test_copied_words_are_written_as_they_stood() -> None:
    coder = Coder(WORDS, WORDS, True, 20)
    model = model_of(coder)
    with torch.no_grad():
        head = model.heads["words"]
        head.gate.weight.zero_()  # type: ignore[union-attr]
        head.gate.bias.fill_(-40.0)  # type: ignore[union-attr]
    rows = [["김하늘"], ["Zoë"]]
    found = list(answer([model], coder, rows, Settings(beam=1, max_length=3, never=())))
    assert [set(one.text.split()) for one in found] == [{"김하늘"}, {"Zoë"}], "each row's own"
    assert found[0].hypotheses[0].tokens[0] == "김하늘"


def test_an_ensemble_is_neither_of_its_models() -> None:
    one, other = model_of(CODER, 0), model_of(CODER, 1)
    both, first, second = (
        next(answer(models, CODER, [["가나다"]], SETTINGS)) for models in ([one, other], [one], [other])
    )
    assert both.hypotheses[0].logprob not in (first.hypotheses[0].logprob, second.hypotheses[0].logprob)


def test_the_spec_is_followed_unless_asked_otherwise() -> None:
    spec = DecodeSpec(beam=4, length_penalty="gnmt", alpha=0.6, max_length=30, no_repeat=3, rows=10)
    said = settings_of(spec, Search(), LETTERS)
    assert (said.beam, said.length_penalty, said.alpha, said.max_length, said.no_repeat, said.best) == (
        *(4, "gnmt", 0.6, 30, 3, 1),
    )
    asked = settings_of(spec, Search(beam=2, best=2, alpha=0.0, max_length=9, no_repeat=0), LETTERS)
    assert (asked.beam, asked.best, asked.alpha, asked.max_length, asked.no_repeat) == (2, 2, 0.0, 9, 0)
    assert asked.length_penalty == "gnmt"
    drawn = settings_of(spec, Search(samples=3, temperature=0.7, top_k=5, seed=2), LETTERS)
    assert (drawn.samples, drawn.temperature, drawn.top_k, drawn.seed) == (3, 0.7, 5, 2)


def test_a_beam_widens_to_the_hypotheses_asked_for_unless_it_is_named() -> None:
    assert settings_of(DecodeSpec(beam=2), Search(best=6), LETTERS).beam == 6
    with pytest.raises(InputError, match="best=6 asks for more hypotheses than beam=2 keeps"):
        settings_of(DecodeSpec(), Search(beam=2, best=6), LETTERS)


def test_forbidden_texts() -> None:
    assert settings_of(DecodeSpec(), Search(forbid=("가", "ab")), LETTERS).forbidden == (
        tuple(LETTERS.encode("가")),
        tuple(LETTERS.encode("ab")),
    )
    assert set(settings_of(DecodeSpec(), Search(forbid=("good",)), PIECES).forbidden) == {
        tuple(PIECES.encode("good")),
        tuple(PIECES.encode(" good")),
    }
    with pytest.raises(InputError, match="'' cannot be forbidden: it has no tokens"):
        settings_of(DecodeSpec(), Search(forbid=("",)), LETTERS)
    model = model_of(CODER)
    (free,) = answer([model], CODER, [["가나다"]], replace(SETTINGS, best=1))
    barred = settings_of(DecodeSpec(beam=3, max_length=8, min_length=3), Search(forbid=(free.text[0],)), LETTERS)
    (other,) = answer([model], CODER, [["가나다"]], barred)
    assert free.text[0] not in other.text
