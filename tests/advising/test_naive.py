"""Naive answers, counted by hand."""

import math
from pathlib import Path

import pytest
import torch
from racing import write

from seqloom.advising.entrants import Wanted
from seqloom.advising.judging import Judge, look_of
from seqloom.advising.naive import naive, silence
from seqloom.advising.reading import Reading
from seqloom.build import build
from seqloom.comparing.measures import measure_of


def told(
    task: str, data: str, valid: str, arch: str = "gru", metric: str | None = None, **more
) -> tuple[str, float] | None:
    wanted = Wanted(task, data, valid=valid, **more)
    spec, _ = wanted.plan(arch)
    reading = Reading(lambda note: None)
    made = reading.task(spec)
    torch.manual_seed(0)
    model = build(made.spec, made.wiring()).eval()
    train, held = reading.parts(spec, False)
    found = naive(made.spec, made, model, train, held, Judge(metric))
    return None if found is None else (found[0], found[1].value)


def test_the_commonest_label(tmp_path: Path) -> None:
    train = write(tmp_path, "a.tsv", "text\tlabel\n" + "".join(f"w{n}\t{'갑' if n % 3 else '을'}\n" for n in range(30)))
    valid = write(tmp_path, "b.tsv", "text\tlabel\nx\t갑\ny\t을\nz\t을\nv\t갑\nw\t갑\n")
    assert told("classify", train, valid) == ("always the commonest label", pytest.approx(3 / 5))
    three = write(tmp_path, "c.tsv", "text\tlabel\n" + "".join(f"w{n}\t{'abb'[n % 3]}\n" for n in range(30)) + "q\tc\n")
    assert told("classify", three, write(tmp_path, "d.tsv", "text\tlabel\nx\tb\ny\tc\n"))[1] == pytest.approx(0.5)


def test_each_of_several_labels_or_never(tmp_path: Path) -> None:
    rows = "".join(f"w{n}\t{'a,b' if n % 4 else 'a'}\n" for n in range(20)) + "q\tc\n"
    train, valid = (
        write(tmp_path, "a.tsv", f"text\tlabel\n{rows}"),
        write(tmp_path, "b.tsv", "text\tlabel\nx\ta\ny\ta,b\nz\tc\n"),
    )
    about, value = told("classify", train, valid, settings=("target.multilabel=','",))
    assert "each label or never" in about
    assert value == pytest.approx(2 * 3 / (6 + 4))  # told a, b of three rows; true are a, a, b and c


def test_the_commonest_tag_of_each_word(tmp_path: Path) -> None:
    train = write(tmp_path, "a.conll", "a X\nb Y\n\na X\nb X\n\na Z\nb Y\n\n" * 5)
    valid = write(tmp_path, "b.conll", "a X\nb Y\nnew X\n\nb X\n\n")
    about, value = told("tag", train, valid)
    assert about.startswith("each word's commonest tag")
    assert value == pytest.approx(3 / 4)  # a, b, and the commonest of all for a new word; b is wrong once


def test_tokens_by_how_often_they_occur(tmp_path: Path) -> None:
    train, valid = write(tmp_path, "a.txt", "aaab" * 500), write(tmp_path, "b.txt", "ab" * 50)
    about, value = told("language", train, valid)
    assert about == "each token as often as it occurs"
    wanted = -(49 * math.log(3 / 4) + 50 * math.log(1 / 4)) / 99
    assert value == pytest.approx(wanted, abs=0.02)


def test_the_mean(tmp_path: Path) -> None:
    train = write(tmp_path, "a.tsv", "text\tscore\n" + "".join(f"w{n}\t{n % 5}\n" for n in range(20)))
    valid = write(tmp_path, "b.tsv", "text\tscore\nx\t5\ny\t2\nz\t0\n")
    assert told("regress", train, valid) == ("always the mean", pytest.approx(5 / 3))
    assert told("regress", train, valid, settings=("heads.number=normal",)) is None


def test_silence_is_every_word_wrong() -> None:
    import numpy as np

    stats = np.array([[3.0, 4.0], [9.0, 5.0]])
    wer = measure_of("wer")
    about, look = silence(look_of(wer, stats, 0.0, 0.0), wer) or ("", None)
    assert "nothing" in about and look is not None and look.value == 1.0
    assert silence(look_of(wer, stats, 0.0, 0.0), measure_of("loss")) is None
