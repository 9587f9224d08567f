from pathlib import Path

import numpy as np
import pytest

from seqloom.data.media import FILE, Collection, Folder, Item
from seqloom.errors import InputError
from seqloom.tasks.vault import Vault, settled


class Opened:
    """Decodes "3" to three numbers, refuses what is no number, and counts what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, item: Item) -> np.ndarray:
        assert item.file is not None
        text = item.file.read_text()
        self.asked.append(text)
        if not text.isdigit():
            raise InputError(f"{item.where}: {text!r} is no number.")
        return np.arange(int(text), dtype=np.float64)


def collection(tmp_path: Path, refs: list[str]) -> Collection:
    for ref in set(refs):
        (tmp_path / ref).write_text(ref.split(".")[0])
    rows = [{FILE: ref} for ref in refs]
    return Collection("list.tsv", [FILE], rows, refs, Folder(tmp_path), lines=list(range(2, 2 + len(refs))))


def test_each_item_is_opened_once_and_measured(tmp_path: Path) -> None:
    opened = Opened()
    vault = Vault(collection(tmp_path, ["3.a", "5.a", "3.a"]), opened, len, 10)
    assert vault.good(skip=False) == ([0, 1, 2], []) and opened.asked == ["3", "5"]
    assert vault.lengths == {"3.a": 3, "5.a": 5} and vault.digests["3.a"] != vault.digests["5.a"]
    assert vault["5.a"].tolist() == [0, 1, 2, 3, 4] and opened.asked == ["3", "5"]


def test_what_memory_does_not_hold_is_read_again(tmp_path: Path) -> None:
    opened = Opened()
    vault = Vault(collection(tmp_path, ["3.a", "5.a"]), opened, len, 0)
    vault.good(skip=False)
    assert vault["3.a"].tolist() == [0, 1, 2] and vault["3.a"].tolist() == [0, 1, 2]
    assert opened.asked == ["3", "5", "3", "3"] and vault.length("5.a") == 5 and len(opened.asked) == 4


def test_items_that_are_the_same_have_one_digest_whatever_they_are_called(tmp_path: Path) -> None:
    vault = Vault(collection(tmp_path, ["4.a", "4.b"]), Opened(), len, 10)
    vault.good(skip=False)
    assert vault.digests["4.a"] == vault.digests["4.b"]


def test_items_of_the_same_bytes_in_another_shape_differ(tmp_path: Path) -> None:
    made = {"6.a": np.arange(6), "6.b": np.arange(6).reshape(2, 3), "6.c": np.arange(6).view(np.uint64)}
    vault = Vault(collection(tmp_path, list(made)), lambda item: made[str(item.file)[-3:]], len, 10)
    vault.good(skip=False)
    assert len(set(vault.digests.values())) == 3


def test_memory_is_counted_down_to_what_it_holds(tmp_path: Path) -> None:
    opened: list[str] = []

    def raw(item: Item) -> np.ndarray:
        opened.append(str(item.file)[-3:])
        return np.zeros(400_000, np.uint8)

    vault = Vault(collection(tmp_path, ["1.a", "2.a", "3.a"]), raw, len, 1)
    vault.good(skip=False)
    assert [len(vault[ref]) for ref in ("1.a", "2.a", "3.a")] == [400_000] * 3
    assert opened == ["1.a", "2.a", "3.a", "3.a"], "two of them fit into 1 MiB"


def test_a_bad_item_is_named_with_its_row_or_left_out(tmp_path: Path) -> None:
    rows = collection(tmp_path, ["3.a", "x.a", "x.a", "4.a"])
    with pytest.raises(InputError, match=r"list.tsv:3 \(x.a\): 'x' is no number. Or leave such rows out"):
        Vault(rows, Opened(), len, 10).good(skip=False)
    good, bad = Vault(rows, Opened(), len, 10).good(skip=True)
    assert good == [0, 3] and bad == ["list.tsv:3 (x.a): 'x' is no number."]


def test_the_first_item_that_can_be_read_settles(tmp_path: Path) -> None:
    rows, seen = collection(tmp_path, ["x.a", "4.a", "5.a"]), []

    def settle(item: Item) -> None:
        seen.append(len(Opened()(item)))

    with pytest.raises(InputError, match=r"list.tsv:2 \(x.a\)"):
        settled(rows, settle, skip=False)
    settled(rows, settle, skip=True)
    assert seen == [4]
    with pytest.raises(InputError, match=r"none of its 1 items can be read, the first: list.tsv:2 \(x.a\)"):
        settled(collection(tmp_path, ["x.a"]), settle, skip=True)
