"""Attention of a run: every reader's weights, under the right tokens, whatever the architecture."""

from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import InputError
from seqloom.explaining.attention import attention
from seqloom.explaining.axes import END
from seqloom.training.run import Run, fit

SMALL = ("encoder.size=8", "decoder.size=8", "source.size=8", "target.size=8", "fit.steps=1", "data.valid=0")
ATTEND = ("bridge.score=additive", "bridge.size=8")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{n}월 {n}일\t{n:02d}-{n:02d}\n" for n in range(1, 12)))
    return path


def learn(pairs: Path, arch: str, *settings: str, task: str = "transduce") -> Run:
    return fit(task, str(pairs), arch=arch, out=str(pairs.parent / arch), settings=(*SMALL, *settings))


def test_a_row_is_a_token_to_write_and_a_column_a_token_read(pairs: Path) -> None:
    run = learn(pairs, "bahdanau", "bridge.size=8")
    (drawn,) = attention(run, "3월 4일", "03-04")
    assert drawn.source == [*"3월 4일", END] and drawn.target == [*"03-04", END]
    assert drawn.heads.shape == (1, 6, 6) and drawn.title == "decoder.wiring.reader.weights"
    np.testing.assert_allclose(drawn.mean.sum(-1), 1, atol=1e-5)


def test_a_row_follows_from_what_was_written_before_it(pairs: Path) -> None:
    run = learn(pairs, "bahdanau", "bridge.size=8")
    one, other = (attention(run, "3월 4일", text)[0].mean for text in ("03-04", "03-11"))
    np.testing.assert_array_equal(one[:4], other[:4])
    assert (one[5] != other[5]).any(), "the last row has heard the letters that differ"


def test_every_layer_and_head_of_a_transformer_is_there_and_no_self_attention(pairs: Path) -> None:
    layers = ("encoder.layers=2", "decoder.layers=2", "encoder.heads=2", "decoder.heads=2", "bridge.heads=2")
    drawn = attention(learn(pairs, "transformer", *layers), "3월 4일", "03")
    assert [one.heads.shape for one in drawn] == [(2, 3, 6)] * 2
    assert all(one.title.startswith("decoder.") and "self" not in one.title for one in drawn)
    assert drawn[0].title != drawn[1].title


def test_a_copy_head_looks_too(pairs: Path) -> None:
    run = learn(pairs, "luong", "encoder.layers=1", "decoder.layers=1", "heads.words=copy", "target.joint=true")
    looked = {one.title: one for one in attention(run, "3월 中일", "中3")}
    copying = looked.pop("heads.words.weights")
    assert list(looked) == ["decoder.wiring.reader.weights"] and copying.heads.shape == (1, 3, 6)
    assert (copying.mean[:, -1] == 0).all(), "the end is not copied"


def test_without_a_target_it_is_the_answer(pairs: Path) -> None:
    run = learn(pairs, "bahdanau", "bridge.size=8", "decode.max_length=4")
    (answer,) = run.predict(["3월 4일"])
    assert attention(run, "3월 4일")[0].target == [*answer.text, END]  # type: ignore[union-attr]


@pytest.mark.parametrize("arch", ["lstm", "seq2seq", "cho"])
def test_a_context_vector_looks_nowhere(pairs: Path, arch: str) -> None:
    with pytest.raises(InputError, match="all it knows of it is the context vector"):
        attention(learn(pairs, arch), "3월", "3")


def test_a_source_of_numbers_has_one_place(pairs: Path) -> None:
    table = pairs.parent / "numbers.tsv"
    table.write_text("".join(f"{n} {n + 1}\t{n}\n" for n in range(9)), encoding="utf-8")
    out, settings = str(pairs.parent / "numbers"), ("fit.steps=1", "source.tokens=vector", "data.valid=0")
    run = fit("transduce", str(table), arch="bahdanau", out=out, settings=settings)
    with pytest.raises(InputError, match="this run's source is one step of numbers, so that all attention lies there"):
        attention(run, "1 2", "1")


def test_other_tasks_are_refused(pairs: Path) -> None:
    (pairs.parent / "hello.txt").write_text("hello\n" * 30)
    out = str(pairs.parent / "language")
    run = fit("language", str(pairs.parent / "hello.txt"), arch="rnn", out=out, settings=("fit.steps=1",))
    with pytest.raises(InputError, match="this run's task is language"):
        attention(run, "h")
