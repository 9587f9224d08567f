"""`data.test`: rows that are held out before those for validation, in every task, and that training never meets."""

from pathlib import Path
from typing import Any

import pytest

from seqloom.data.splits import hold_out
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import InputError
from seqloom.spec import DataSpec
from seqloom.tasks import task_class
from seqloom.tasks.parts import TEST, Parts, check_shares, parted
from seqloom.tasks.task import Data
from seqloom.training.run import fit, load, plan

SIZE = 120
FILES = {
    "classify": ("text\tlabel\n", "good film w{}\tyes\n", "bad film w{}\tno\n"),
    "regress": ("text\tscore\n", "good film w{0}\t{0}\n", "나쁜 film w{0}\t{0}\n"),
    "transduce": ("source\ttarget\n", "a{0}b\tb{0}a\n", "xy{0}\tyx{0}\n"),
    "tag": ("", "Anna B\nsaw O\nw{} O\n\n", "Kim B\nleft O\nv{} O\n\n"),
}


def write(folder: Path, task: str, first: int = 0, size: int = SIZE) -> Path:
    head, one, other = FILES[task]
    path = folder / ("data.conll" if task == "tag" else "data.tsv")
    path.write_text(head + "".join((one, other)[n % 2].format(n) for n in range(first, first + size)), encoding="utf-8")
    return path


def learnt(task: str, path: Path, *settings: str) -> tuple[Any, list[str]]:
    said: list[str] = []
    spec, _ = plan(task, str(path), settings=["fit.seed=3", *settings])
    return task_class(task).learn(spec, said.append), said


def rows(data: Data | None) -> set[tuple[str, ...]]:
    """The sources of all batches, as ids."""
    assert data is not None
    found: set[tuple[str, ...]] = set()
    for key in data.order(0):
        field = data.load(key).inputs["source"]
        assert field.mask is not None
        found |= {
            tuple(str(one) for one in row[mask].tolist()) for row, mask in zip(field.values, field.mask, strict=True)
        }
    return found


def tokens(vocabulary: Vocabulary) -> set[str]:
    return {vocabulary.token(number) for number in range(len(vocabulary))}


def quiet(note: str) -> None:
    pass


@pytest.mark.parametrize("task", FILES)
def test_shares_are_of_the_whole_file_and_no_row_is_in_two_of_them(task: str, tmp_path: Path) -> None:
    char = [] if task == "tag" else ["source.tokens=char"]  # so that every row has ids of its own
    one, _ = learnt(task, write(tmp_path, task), "data.test=0.25", "data.valid=0.2", "data.split=5", *char)
    parts: Parts[Any] = one._parts
    assert parts.test is not None and parts.valid is not None
    assert [len(part) for part in parts] == [66, 24, 30]
    train, valid = one.training(quiet, False)
    held = rows(one.evaluation(TEST, quiet, False))
    assert rows(valid) == rows(one.evaluation(None, quiet, False))
    if task != "tag":  # whose words that training has not met are all one
        assert [len(rows(train)), len(rows(valid)), len(held)] == [66, 24, 30]
        assert not held & (rows(train) | rows(valid)) and not rows(train) & rows(valid)
    words = [set(part.corpus.keys(part.at)) if task == "tag" else None for part in parts if part is not None]
    assert task != "tag" or not words[0] & words[1] | words[0] & words[2] | words[1] & words[2]  # type: ignore[operator]


@pytest.mark.parametrize("task", FILES)
def test_what_is_tested_on_depends_on_the_split_alone(task: str, tmp_path: Path) -> None:
    path = write(tmp_path, task)

    def held(*settings: str) -> list[int]:
        one, _ = learnt(task, path, "data.test=0.2", *settings)
        test = one._parts.test
        texts = test.corpus.keys(test.at) if task == "tag" else [str(row) for row in test] if task == "transduce" else (
            test.keys()
        )  # fmt: skip
        return sorted(map(str, texts))  # type: ignore[return-value]

    first = held("data.split=5", "data.valid=0.1")
    assert first == held("data.split=5", "data.valid=0", "fit.seed=9"), "neither validation nor training moves it"
    assert first != held("data.split=6", "data.valid=0.1")


@pytest.mark.parametrize("task", FILES)
def test_a_loaded_run_measures_on_the_same_rows_as_a_file_of_them(task: str, tmp_path: Path) -> None:
    path = write(tmp_path, task)
    small = ["source.size=8", "encoder.size=8", "data.test=0.25", "fit.steps=3", "data.split=1"]
    small += ["decoder.size=8", "bridge.size=8", "target.size=8"] if task == "transduce" else []
    run = fit(task, str(path), arch="gru", out=str(tmp_path / "run"), settings=small)
    alone = tmp_path / f"alone{path.suffix}"
    pieces = path.read_text(encoding="utf-8").split("\n\n" if task == "tag" else "\n")
    pieces = [piece for piece in pieces if piece.strip()]
    if task == "tag":
        kept = [pieces[place] for place in run.task._parts.test.at]  # type: ignore[attr-defined]
        alone.write_text("\n\n".join(kept) + "\n", encoding="utf-8")
    else:
        head, *body = pieces
        test = run.task._parts.test  # type: ignore[attr-defined]
        places = [int(test.where(place).rsplit(":", 1)[1]) - 2 for place in range(len(test))]
        alone.write_text("\n".join([head, *(body[place] for place in places)]) + "\n", encoding="utf-8")
    other = load(tmp_path / "run")
    values, wanted = other.evaluate(TEST), other.evaluate(str(alone))
    assert values["loss"] == pytest.approx(wanted["loss"], abs=1e-6) and values["loss"] != other.evaluate()["loss"]


def test_words_of_test_rows_alone_are_unknown(tmp_path: Path) -> None:
    one, _ = learnt("classify", write(tmp_path, "classify"), "source.tokens=word", "data.test=0.25", "data.valid=0")
    known = tokens(one.source.vocabulary)
    train, test = ({text.split()[2] for text in part.every()} for part in (one._parts.train, one._parts.test))
    assert len(test) == 30 and not test & known and train <= known


def test_the_end_of_a_text_is_tested_on_and_its_letters_are_not_learnt(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_text("a" * 700 + "b" * 200 + "하" * 100, encoding="utf-8")
    one, _ = learnt("language", path, "data.valid=0.2", "data.test=0.1", "target.tokens=char")
    parts = one._parts
    assert [len(part) for part in parts] == [700, 200, 100]
    assert one.vocabulary.decode(parts.valid.tolist()) == "b" * 200
    assert "하" not in tokens(one.vocabulary) and len(set(parts.test.tolist())) == 1
    more, _ = learnt("language", path, "data.valid=0.2", "target.tokens=char")
    assert "하" in tokens(more.vocabulary) and more._parts.test is None
    other = tmp_path / "other.txt"
    other.write_text("b" * 50, encoding="utf-8")
    named, _ = learnt("language", path, "data.valid=0", f"data.test={other}", "target.tokens=char")
    assert named.vocabulary.decode(named._parts.test.tolist()) == "b" * 50 and len(named._parts.train) == 1000
    assert sum(map(len, (named.evaluation(TEST, quiet, False).order(0),))) > 0
    for settings, message in (
        (("data.test=2",), "a share of 2 cannot be held out; give data.test between 0 and 1"),
        (("data.test=0.6", "data.valid=0.5"), "leave nothing to learn from"),
        (("data.test=0.0001",), "1000 characters are too few to hold out 0.0001"),
    ):
        with pytest.raises(InputError, match=message):
            learnt("language", path, *settings)


@pytest.mark.parametrize("task", FILES)
def test_a_file_to_test_on_is_read_at_once_and_its_rows_that_training_has_are_said(task: str, tmp_path: Path) -> None:
    path = write(tmp_path, task)
    (tmp_path / "more").mkdir()
    other = write(tmp_path / "more", task, first=SIZE - 5, size=20)
    one, said = learnt(task, path, f"data.test={other}", "data.valid=0")
    assert len(one._parts.test) == 20 and len(one._parts.train) == SIZE
    assert any(f"{other}: 5 of 20" in note and "testing flatters what it has seen" in note for note in said)
    with pytest.raises(InputError, match=r"no file .*missing\.tsv"):
        learnt(task, path, f"data.test={tmp_path}/missing.tsv")


def test_a_column_says_which_rows_are_tested_on(tmp_path: Path) -> None:
    lines = ["text\tlabel\twho"] + [f"w{n} film\t{'yn'[n % 2]}\t{'abc'[n % 3]}" for n in range(30)]
    path = tmp_path / "a.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    one, said = learnt("classify", path, "source.tokens=char", "data.test=who=b", "data.valid=who=c")
    assert [len(part) for part in one._parts] == [10, 10, 10]
    assert set(one._parts.test.column("who")) == {"b"} and set(one._parts.valid.column("who")) == {"c"}
    assert any("10 rows with who=b are held out, 20 are trained on" in note for note in said)


def test_nothing_to_test_on_is_said_and_so_are_shares_that_cannot_be(tmp_path: Path) -> None:
    path = write(tmp_path, "classify")
    one, _ = learnt("classify", path)
    with pytest.raises(InputError, match=r"nothing out for testing: train with -s data\.test=0\.1"):
        one.evaluation(TEST, quiet, False)
    with pytest.raises(InputError, match=r"data\.test=0\.5 and data\.valid=0\.5 leave nothing to learn from"):
        learnt("classify", path, "data.test=0.5", "data.valid=0.5")
    with pytest.raises(InputError, match="a share of 12"):
        learnt("classify", path, "data.test=12")
    check_shares(DataSpec(test=0.4, valid=0.5))


def test_without_a_test_share_the_rows_of_validation_are_as_they_always_were() -> None:
    keys = [f"row {n}" for n in range(500)]

    def hold(places: list[int], share: float) -> tuple[list[int], list[int]]:
        kept, held = hold_out((keys[place] for place in places), share, 7)
        return [places[place] for place in kept], [places[place] for place in held]

    for share in (0.1, 0.3, 1 / 3):
        parts = parted(DataSpec(valid=share), list(range(500)), hold, lambda name, rest, why: (rest, rest))
        assert parts.test is None and parts.valid == hold(list(range(500)), share)[1]
    few = parted(DataSpec(valid=0.1, test=0.3), list(range(500)), hold, lambda name, rest, why: (rest, rest))
    assert few.valid is not None and few.test is not None
    assert [len(few.train), len(few.valid), len(few.test)] == [300, 50, 150]
    assert sorted([*few.train, *few.valid, *few.test]) == list(range(500))
