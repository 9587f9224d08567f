"""The meter of pairs: teacher-forced numbers of all rows, answers to the questions, and the gap between both."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.pairs import Pairs, Side
from seqloom.data.rows import read
from seqloom.data.vocabulary import Vocabulary
from seqloom.metrics.bleu import BLEU
from seqloom.metrics.edits import CharacterErrors, Exact
from seqloom.tasks.answers import Answer
from seqloom.tasks.pair_batches import Coder, PairData, PairIds
from seqloom.tasks.pairs_meter import PairsMeter
from seqloom.tasks.questions import Questions

LETTERS = Vocabulary.train(["가나다라마바사"], "char", 50, lowercase=True)
CODER = Coder(LETTERS, LETTERS, False, 20)


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    (tmp_path / "p.tsv").write_text("가\t가나\n가\t가다\n라\t라마라\n", encoding="utf-8")
    rows = read(tmp_path / "p.tsv", header=False)
    return Pairs("p.tsv", Side(rows, ("1",), np.arange(3)), Side(rows, ("2",), np.arange(3)))


def measured(pairs: Pairs, answers: dict[str, str], likeliest: dict[int, str], *, variants: bool) -> PairsMeter:
    """Pass over pairs whose free answers are given by source, and whose forced ones by row."""
    ids = PairIds(CODER, pairs, None, True)
    data = PairData(ids, 100, 7, Questions(pairs, ids.longer.tolist(), variants))
    assert data.questions is not None

    def write(rows: Sequence[Sequence[str]]) -> Iterator[Answer]:
        return (Answer(answers[row[0]], ()) for row in rows)

    meter = PairsMeter(data.questions, CODER, write, [Exact(), CharacterErrors()], Exact())
    for key in data.order(0):
        batch = data.load(key)
        meter.add({"words": outputs(batch, likeliest)}, batch, {"words": (torch.tensor(2.0), torch.tensor(4.0))})
    return meter


def outputs(batch: Batch, likeliest: dict[int, str]) -> Tensor:
    """Return logits of which the greatest spell a text for each row, then its end, then what nobody should read."""
    values = batch.target["words"].values
    logits = torch.zeros(*values.shape, len(LETTERS))
    logits[..., LETTERS.encode("사")[0]] = 0.5
    for place, row in enumerate(batch.rows):
        for step, number in enumerate([*LETTERS.encode(likeliest[row]), 2][: values.shape[1]]):
            logits[place, step, number] = 1
    return logits


def test_answers_are_measured_beside_teacher_forcing(pairs: Pairs) -> None:
    meter = measured(pairs, {"가": "가나", "라": "나"}, {0: "가나", 1: "가라", 2: "라마라"}, variants=False)
    values = meter.result()
    assert values["loss"] == 0.5 and values["perplexity"] == pytest.approx(math.exp(0.5))
    assert values["token_accuracy"] == pytest.approx(9 / 10)
    assert values["exact"] == pytest.approx(1 / 3) and values["cer"] == pytest.approx((0 + 1 + 3) / 7)
    assert values["forced.exact"] == pytest.approx(2 / 3) and values["gap.exact"] == pytest.approx(1 / 3)


def test_any_variant_is_right_and_each_source_is_asked_once(pairs: Pairs) -> None:
    meter = measured(pairs, {"가": "가다", "라": "나"}, {0: "가나", 1: "가라", 2: "라"}, variants=True)
    values = meter.result()
    assert values["exact"] == 1 / 2 and values["cer"] == pytest.approx(3 / (2 + 3))
    assert values["forced.exact"] == 1 / 2 and values["gap.exact"] == 0
    assert values["token_accuracy"] == pytest.approx((3 + 2 + 1) / 10), "all rows are told, asked or not"
    samples = meter.details()["samples"]
    assert {"source": "가", "target": ["가나", "가다"], "answer": "가다"} in samples and len(samples) == 2
    assert meter.details()["answered"] == 2


def test_a_forced_answer_ends_at_its_first_end(pairs: Pairs) -> None:
    meter = measured(pairs, {"가": "", "라": ""}, {0: "가", 1: "가다", 2: "라마라"}, variants=True)
    assert meter.result()["forced.exact"] == 1 / 2
    longer = measured(pairs, {"가": "", "라": ""}, {0: "가나나나", 1: "가다", 2: "라마라마"}, variants=True)
    assert longer.result()["forced.exact"] == 0, "what goes on past the end is not right"


def test_a_forced_answer_ends_with_its_own_row(tmp_path: Path) -> None:
    text = "가가가가가\t나나\n가가가가가\t나\n라라라라라\t나나\n라라라라라\t나나다\n마마마마마\t다다다다다\n"
    (tmp_path / "p.tsv").write_text(text, encoding="utf-8")
    rows = read(tmp_path / "p.tsv", header=False)
    pairs = Pairs("p.tsv", Side(rows, ("1",), np.arange(5)), Side(rows, ("2",), np.arange(5)))
    nothing = dict.fromkeys(("가가가가가", "라라라라라", "마마마마마"), "")
    forced = {0: "나", 1: "사", 2: "나나다사사사", 3: "사", 4: "사"}  # right: before its end; before its row's padding
    assert measured(pairs, nothing, forced, variants=True).result()["forced.exact"] == pytest.approx(2 / 3)


def test_references_are_compared_as_the_vocabulary_writes_them(tmp_path: Path) -> None:
    upper = Vocabulary.train(["abc 가"], "symbol", 50, lowercase=True)
    (tmp_path / "p.tsv").write_text("a\tA  B  가\n", encoding="utf-8")
    rows = read(tmp_path / "p.tsv", header=False)
    pairs = Pairs("p.tsv", Side(rows, ("1",), np.arange(1)), Side(rows, ("2",), np.arange(1)))
    ids = PairIds(Coder(upper, upper, False, 9), pairs, None, True)
    questions = Questions(pairs, [1], False)

    def write(rows: Sequence[Sequence[str]]) -> Iterator[Answer]:
        return iter([Answer("a b 가", ())])

    meter = PairsMeter(questions, Coder(upper, upper, False, 9), write, [Exact(), BLEU(lowercase=True)], Exact())
    batch = PairData(ids, 100, 7, questions).load(np.array([0]))
    logits = torch.zeros(*batch.target["words"].values.shape, len(upper))
    meter.add({"words": logits}, batch, {"words": (torch.tensor(1.0), torch.tensor(1.0))})
    assert meter.result()["exact"] == 1
    assert "case:lc" in meter.details()["signatures"]["bleu"] and "tok:13a" in meter.details()["signatures"]["bleu"]


def test_where_nothing_is_asked_there_are_numbers_of_tokens_alone(pairs: Pairs) -> None:
    ids = PairIds(CODER, pairs, None, True)
    questions = Questions(pairs, ids.longer.tolist(), False, most=1)
    meter = PairsMeter(questions, CODER, lambda rows: iter(()), [Exact()], Exact())
    batch = PairData(ids, 100, 7, questions).load(np.array([2]))
    meter.add({"words": outputs(batch, {2: "라"})}, batch, {"words": (torch.tensor(2.0), torch.tensor(4.0))})
    assert set(meter.result()) == {"loss", "perplexity", "token_accuracy"} and meter.details() == {}
