"""The meter of transcription against errors counted by hand."""

from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.pairs import Pair
from seqloom.data.vocabulary import Vocabulary
from seqloom.metrics.spoken import Spoken
from seqloom.tasks.questions import Questions
from seqloom.tasks.transcribe_meter import CTCMeter, HybridMeter, edits

LETTERS = Vocabulary.train(["ab c"], "char")


class Said(list[Pair]):
    """Pairs of a name and what was said."""

    path = "list.tsv"

    def shown(self, index: int) -> str:
        return f"{index}.wav"


PAIRS = Said([Pair(("0",), "ab"), Pair(("1",), "a b"), Pair(("2",), "c"), Pair(("2",), "cc")])


def outputs(told: list[str]) -> dict[str, Tensor]:
    """Return what a head that is sure of itself tells: "-" is the blank, shorter rows are padded."""
    rows = torch.full((len(told), max(map(len, told)), len(LETTERS) - 3), -20.0)
    for row, text in enumerate(told):
        for step, letter in enumerate(text):
            rows[row, step, 0 if letter == "-" else LETTERS.encode(letter)[0] - 3] = 0.0
        rows[row, len(text) :] = -1e30
        rows[row, len(text) :, 0] = 0.0
    return {"ctc": rows}


def losses(nats: float, symbols: float) -> Any:
    return {"ctc": (torch.tensor(nats), torch.tensor(symbols))}


@pytest.mark.parametrize("beam", [1, 4])
def test_errors_and_nats_are_those_of_all_batches(beam: int) -> None:
    meter = CTCMeter(Questions(PAIRS, [2, 3, 1, 1], False), LETTERS, beam)  # type: ignore[arg-type]
    meter.add(outputs(["aab-", "a-b"]), Batch({}, rows=(0, 1)), losses(6.0, 5.0))
    meter.add(outputs(["-c", "c-c-"]), Batch({}, rows=(2, 3)), losses(1.0, 3.0))
    values = meter.result()
    assert values["loss"] == pytest.approx(7 / 8)
    # said: ab | a b | c | cc, heard: ab | ab | c | cc: of 5 words one is another and one is not there
    assert values["wer"] == pytest.approx(2 / 5) and values["cer"] == pytest.approx(1 / 8)
    assert values["row_error"] == pytest.approx(1 / 4)
    details = meter.details()
    assert details["answered"] == 4
    assert details["edits"]["words"] == {"substitutions": 1, "deletions": 1, "insertions": 0, "length": 5}
    assert details["edits"]["characters"]["length"] == 8
    assert {"source": "1.wav", "target": ["a b"], "answer": "ab"} in details["samples"]


def test_rows_of_one_recording_are_one_question_with_several_answers() -> None:
    meter = CTCMeter(Questions(PAIRS, [2, 3, 1, 1], True), LETTERS, 1)  # type: ignore[arg-type]
    meter.add(outputs(["ab", "a b", "c-c", "c"]), Batch({}, rows=(0, 1, 2, 3)), losses(1.0, 1.0))
    assert meter.result()["wer"] == 0 and meter.details()["answered"] == 3


def test_rows_that_are_no_questions_count_for_the_loss_alone() -> None:
    meter = CTCMeter(Questions(PAIRS, [2, 3, 1, 1], False, most=1), LETTERS, 1)  # type: ignore[arg-type]
    meter.add(outputs(["ab", "a b"]), Batch({}, rows=(0, 1)), losses(1.0, 4.0))
    assert meter.result() == {"loss": 0.25} and meter.details() == {}


class Written:
    """What a decoder's meter gives."""

    def __init__(self) -> None:
        self.batches = 0

    def add(self, outputs: Any, batch: Batch, losses: Any) -> None:
        self.batches += 1

    def result(self) -> dict[str, float]:
        return {"loss": 2.0, "wer": 0.5, "token_accuracy": 0.9}

    def details(self) -> dict[str, Any]:
        return {"answered": 3}


def test_both_heads_stand_beside_one_another() -> None:
    spoken, written = Spoken(), Written()
    spoken.add("a x", ["a b"])
    told = CTCMeter(Questions(PAIRS, [2, 3, 1, 1], False), LETTERS, 1)  # type: ignore[arg-type]
    meter = HybridMeter(written, spoken, told, {"words": 0.7, "ctc": 0.3})  # type: ignore[arg-type]
    meter.add(outputs(["ab"]), Batch({}, rows=(0,)), losses(1.0, 2.0))
    values = meter.result()
    assert written.batches == 1
    assert values["loss"] == pytest.approx(0.7 * 2.0 + 0.3 * 0.5)
    assert values["words.loss"] == 2.0 and values["ctc.loss"] == 0.5 and values["ctc.wer"] == 0.0
    assert values["wer"] == 0.5 and values["token_accuracy"] == 0.9
    assert meter.details() == {"answered": 3, "edits": edits(spoken)}
