"""A vector in, a sequence out: numbers to Hangul and dates to text through the same parts as any pair."""

from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.tasks.number_sources import NumberCoder
from seqloom.training.run import Run, fit, load

DIGITS = "영일이삼사오육칠팔구"
TINY = [
    *("source.tokens=vector", "source.size=16", "target.size=16", "source.dropout=0", "target.dropout=0"),
    *("encoder={kind: mlp, size: 16}", "decoder={kind: gru, size: 32}", "heads.words={kind: tokens}"),
    *("fit.lr=0.01", "fit.warmup=0", "fit.schedule=constant", "fit.device=cpu", "fit.save_every=1000"),
]


def said(number: int) -> str:
    return " ".join(DIGITS[int(digit)] for digit in f"{number:02}")


def table() -> str:
    return "수\t이름\n" + "".join(f"{n // 10}, {n % 10}\t{said(n)}\n" for n in range(40))


def run_of(*settings: str, text: str | None = None, steps: int = 3, **more: Any) -> tuple[Run, list[str]]:
    Path("수.tsv").write_text(table() if text is None else text, encoding="utf-8")
    notes: list[str] = []
    columns = {"source": "수", "target": "이름"}
    more = {
        "arch": "gru",
        "columns": columns,
        "out": "run",
        "steps": steps,
        "say": notes.append,
        "settings": [*TINY, *settings],
        **more,
    }
    return fit("transduce", "수.tsv", **more), notes


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        ("bridge={kind: context, size: 32}", "target.embed=learned"),
        ("bridge={kind: attention, score: additive, size: 8}", "decoder.wiring=bahdanau", "target.embed=dummy"),
    ],
    ids=["hears what it wrote", "hears a dummy"],
)
def test_numbers_are_written_in_words_and_a_served_model_reads_them_alike(settings: tuple[str, ...]) -> None:
    run, notes = run_of(*settings, "data.valid=0.0", steps=200)
    asked = ["0,7", "2 3", "[3, 9]", ""]
    answers = [answer.text for answer in run.predict(asked)]
    assert answers == [said(7), said(23), said(39), ""]
    assert run.evaluate("수.tsv")["exact"] == 1.0
    served = load("run")
    assert [answer.text for answer in served.predict(asked)] == answers
    assert "수.tsv: answers have at most 23 tokens, 20 more than in training (decode.max_length)." in notes
    assert served.spec.decode is not None and served.spec.decode.max_length == 23
    assert isinstance(served.task.coder, NumberCoder)  # type: ignore[attr-defined]
    assert served.task.coder.numbers.mean == pytest.approx((1.5, 4.5))  # type: ignore[attr-defined]


def test_an_encoder_reads_one_step_of_standardised_numbers() -> None:
    text = table().replace("\n", "\n9, 9\t아주 긴 답\n", 1)  # the first row is left out: its target is too long
    run, _ = run_of("bridge={kind: context, size: 8}", "data.valid=0.0", "target.max_length=3", text=text)
    training, _ = run.task.training(lambda note: None, False)
    batch = training.load(training.order(0)[0])
    source = batch.inputs["source"]
    assert source.values.shape == (40, 1, 2) and source.mask is not None and source.mask.all()
    numbers = [(9.0, 9.0), *((n // 10, n % 10) for n in range(40))]
    given = torch.tensor(numbers, dtype=torch.float64)
    wanted = (given - given.mean(0)) / given.std(0, correction=0)
    torch.testing.assert_close(source.values[:, 0], wanted[list(batch.rows)].float())


def test_numbers_may_stand_in_columns_and_be_asked_for_by_row() -> None:
    text = "tens\tones\t이름\n" + "".join(f"{n // 10}\t{n % 10}\t{said(n)}\n" for n in range(20))
    columns = {"source": "tens,ones", "target": "이름"}
    run, _ = run_of("bridge={kind: context, size: 8}", text=text, columns=columns)
    together, apart = (list(run.predict([row])) for row in (("1", "5"), ["1.0", "5e0"]))
    assert together == apart
    with pytest.raises(InputError, match=r"a row of 1 text\(s\); this model was trained on 2 a row"):
        list(run.predict(["1 5"]))


def test_bad_numbers_are_said_with_their_place() -> None:
    broken = table() + "4, 넷\t사 사\n"
    with pytest.raises(InputError, match=r"수\.tsv:42: '넷' is no number\. Fix the row, or skip such rows"):
        run_of("bridge={kind: context}", text=broken)
    run, notes = run_of("bridge={kind: context}", "data.on_bad_row=skip", "data.valid=0.0", text=broken)
    assert any(note.startswith("1 row of 41 whose source is not numbers skipped") for note in notes)
    said = r"2 numbers a row, with spaces or commas between\."
    with pytest.raises(InputError, match=rf"^3 numbers, expected 2 \(in '1 2 3'\)\. This model reads {said}"):
        list(run.predict(["1 2 3"]))
    Path("묻다.tsv").write_text("수\n1 2\n\n3 inf\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"묻다\.tsv:4: inf is not finite \(in '3 inf'\)\. This model reads {said}"):
        list(run.predict_file("묻다.tsv"))
    Path("다른.tsv").write_text("수\t이름\n1 2 3\t일\n", encoding="utf-8")
    run.spec.data.on_bad_row = "error"
    with pytest.raises(InputError, match=r"다른\.tsv:2: 3 numbers, expected 2\."):
        run.evaluate("다른.tsv")
    Path("멀다.tsv").write_text("수\t이름\n1 1e200\t일\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"1e\+200 is too far from what training has seen"):
        run.evaluate("멀다.tsv")


def test_validation_must_have_as_many_numbers(tmp_path: Path) -> None:
    Path("검증.tsv").write_text("수\t이름\n1 2 3\t일\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"검증\.tsv:2: 3 numbers, expected 2\."):
        run_of("bridge={kind: context}", valid="검증.tsv")


def test_only_sources_of_pairs_are_numbers() -> None:
    Path("글.tsv").write_text("1 2\t참\n3 4\t거짓\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"source\.tokens=vector is for tasks that write to what they read"):
        fit("classify", "글.tsv", settings=["source.tokens=vector"])
    with pytest.raises(InputError, match=r"target\.tokens=vector: numbers can be read, and what is written is text"):
        fit("language", "글.tsv", settings=["target.tokens=vector"])
    with pytest.raises(InputError, match=r"head words: copy takes words of the source, and source\.tokens=vector has"):
        fit("summarise", "글.tsv", settings=["source.tokens=vector"])
