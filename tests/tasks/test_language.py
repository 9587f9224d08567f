"""Language turns a text into windows in which every token is asked for once."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.data.vocabulary import BOS, EOS
from seqloom.errors import InputError
from seqloom.plan import make
from seqloom.tasks.language import Language

TEXT = "가나다라 마바사.\nhello world\n" * 40


def learn(tmp_path: Path, text: str = TEXT, name: str = "책.txt", **more: Any) -> Language:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    settings = ["fit.window=10", "fit.batch_tokens=40", *more.pop("settings", [])]
    spec, _ = make("language", "language", Language.template(), str(path), settings=settings, **more)
    return Language.learn(spec, lambda note: None)


def targets(data: Any, epoch: int) -> list[int]:
    ids: list[int] = []
    for key in data.order(epoch):
        field = data.load(key).target["words"]
        ids += field.values[field.mask].tolist()
    return sorted(ids)


@pytest.mark.parametrize("carries", [True, False])
def test_every_token_but_the_first_is_a_target_once(tmp_path: Path, carries: bool) -> None:
    task = learn(tmp_path)
    assert task._parts is not None and task._parts[1] is not None
    train, valid = task.training(lambda note: None, carries)
    for epoch in range(3):
        assert targets(train, epoch) == sorted(task._parts[0][1:].tolist())
    assert targets(valid, 0) == sorted(task._parts[1][1:].tolist())


def test_carried_windows_follow_each_other(tmp_path: Path) -> None:
    task = learn(tmp_path)
    train, _ = task.training(lambda note: None, True)
    assert train.carries
    order = train.order(1)
    for before, after in pairwise(order[:-1]):
        last = train.load(before).target["words"].values[:, -1]
        first = train.load(after).inputs["target"].values[:, 0]
        assert torch.equal(last, first)


def test_windows_of_attention_see_half_a_window_at_least(tmp_path: Path) -> None:
    task = learn(tmp_path)
    valid = task.evaluation(None, lambda note: None, False)
    for key in valid.order(0):
        mask = valid.load(key).target["words"].mask
        assert mask is not None
        for row, start in zip(mask, key, strict=True):
            assert int(row.int().argmax()) == (0 if start == 0 else 5)


def test_the_held_out_part_is_the_end(tmp_path: Path) -> None:
    task = learn(tmp_path, "a" * 900 + "b" * 100, settings=["data.valid=0.1"])
    assert task._parts is not None and task._parts[1] is not None
    assert task.vocabulary.decode(task._parts[1].tolist()) == "b" * 100


def test_prompts_and_lines(tmp_path: Path) -> None:
    task = learn(tmp_path)
    newline = task.vocabulary.newline
    assert newline is not None and task.prompt("") == [newline]
    read, scored = task.line("가나")
    assert read == [newline, *scored] and scored[-1] == newline and len(scored) == 3
    bare = learn(tmp_path, "abcabc" * 30)
    assert bare.prompt("") == [BOS] and bare.line("ab")[1] == bare.vocabulary.encode("ab")
    words = learn(tmp_path, settings=["target.tokens=word"])
    assert words.line("hello world")[1][-1] == EOS


def test_a_column_of_a_table_is_a_text_of_its_rows(tmp_path: Path) -> None:
    task = learn(tmp_path, "id\t글\n" + "1\t하나\n2\t둘셋\n" * 30, "글.tsv", columns={"text": "글"}, valid="0.1")
    assert task._parts is not None
    assert task.vocabulary.decode(task._parts[0][:7].tolist()) == "하나\n둘셋\n하"


def test_a_text_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few"):
        learn(tmp_path, "a")


def test_saved_and_loaded_it_encodes_the_same(tmp_path: Path) -> None:
    task = learn(tmp_path)
    task.save(tmp_path / "vocab")
    again = Language.load(task.spec, tmp_path / "vocab")
    assert again.digest() == task.digest() and again.prompt("가나") == task.prompt("가나")


def test_a_loaded_task_reads_its_text_again_and_knows_when_it_changed(tmp_path: Path) -> None:
    task = learn(tmp_path)
    task.save(tmp_path / "vocab")
    again = Language.load(task.spec, tmp_path / "vocab")
    assert again.reread(lambda note: None) == task.rows_digest
    (tmp_path / "책.txt").write_text("나" + TEXT[1:], encoding="utf-8")
    assert again.reread(lambda note: None) != task.rows_digest
