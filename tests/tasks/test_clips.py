from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.errors import InputError
from seqloom.spec import Spec, parse
from seqloom.tasks.clips import ClipReader, column_of, opening
from seqloom.tasks.media_source import Decoded, as_item, laid


def spec_of(path: str, **more: Any) -> Spec:
    values = {"task": "classify", "source": {"tokens": "image"}, "target": {}, "data": {"train": path, **more}}
    return parse(values)


def pictures(tmp_path: Path, name: str = "p.npz", **more: Any) -> str:
    images = np.random.default_rng(1).integers(0, 255, (6, 4, 4), np.uint8)
    images[5] = images[0]
    np.savez(tmp_path / name, images=images, kind=np.array(list("abcabc")), **more)
    return str(tmp_path / name)


def test_rows_items_and_labels_of_an_archive(tmp_path: Path) -> None:
    path = pictures(tmp_path)
    spec = spec_of(path)
    clips = ClipReader(spec).training(path, lambda note: None)
    assert spec.target is not None and spec.target.column == "kind", "the only column there is"
    assert list(clips.cells()) == list("abcabc") and clips.where(2).endswith("p.npz[2]")
    keys = list(clips.keys())
    assert keys[0] == keys[5] and len(set(keys)) == 5, "rows of the same picture are duplicates"
    some = clips.at([5, 1]).at([1])
    assert some.refs() == ["1"] and list(some.cells()) == ["b"]


def test_rows_to_be_answered_need_no_label(tmp_path: Path) -> None:
    path = pictures(tmp_path)
    spec = spec_of(path)
    reader = ClipReader(spec)
    reader.training(path, lambda note: None)
    np.savez(tmp_path / "new.npz", images=np.zeros((2, 4, 4), np.uint8))
    rows = list(reader.rows(str(tmp_path / "new.npz"), lambda note: None))
    assert len(rows) == 2 and isinstance(rows[0][1], Decoded) and rows[0][1].raw.shape == (4, 4, 1)


def test_which_column_is_the_label(tmp_path: Path) -> None:
    path = pictures(tmp_path, size=np.arange(6) + 1)
    collection = ClipReader(spec_of(path)).opened(path, lambda note: None)
    assert column_of(collection, "KIND", (), "label", "--label-column") == "kind"
    assert column_of(collection, "2", (), "label", "--label-column") == "size"
    assert column_of(collection, None, ("label", "size"), "label", "--label-column") == "size"
    with pytest.raises(InputError, match=r"which column is the label\? It has: kind, size"):
        column_of(collection, None, ("label",), "label", "--label-column")
    with pytest.raises(InputError, match=r"no column 'knd'; did you mean 'kind'"):
        column_of(collection, "knd", (), "label", "--label-column")


def test_a_row_without_its_label_is_named(tmp_path: Path) -> None:
    pictures(tmp_path)
    table = tmp_path / "rows.jsonl"
    table.write_text('{"id": 0, "label": "a"}\n{"id": 1}\n', "utf-8")
    spec = spec_of(str(table))
    spec.media = parse({"task": "x", "media": {"root": str(tmp_path / "p.npz")}}).media
    with pytest.raises(InputError, match=r"rows.jsonl:2 \(1\): no value for 'label' \(1 of 2 rows lack it\)"):
        ClipReader(spec).training(str(table), lambda note: None)
    spec.data.on_bad_row, said = "skip", list[str]()
    assert list(ClipReader(spec).training(str(table), said.append).cells()) == ["a"] and "1 such rows" in said[-1]


def test_one_column_holds_the_paths() -> None:
    spec = spec_of("x.tsv")
    assert spec.source is not None
    spec.source.column = ["a", "b"]
    with pytest.raises(InputError, match="one column holds the paths, given 2: a, b"):
        opening(spec)


def test_what_a_row_to_be_answered_may_be(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    assert as_item(str(tmp_path / "a.png")).file == tmp_path / "a.png"
    assert as_item([str(tmp_path / "a.png")]).file == tmp_path / "a.png", "a line of standard input"
    assert as_item(b"bytes", 4).where == "row 5" and as_item((np.zeros(3), 8000)).rate == 8000
    assert as_item((np.zeros(3), np.int64(8000))).rate == 8000, "as an archive holds it"
    with pytest.raises(InputError, match=r"row 1: 8000\.0 is no rate: give \(samples, samples a second\)"):
        as_item((np.zeros(3), 8000.0))
    for wrong, problem in {
        "": "row 1 is empty",
        str(tmp_path / "b.png"): "no such file",
        7: "is int: give a path",
    }.items():
        with pytest.raises(InputError, match=problem):
            as_item(wrong)


def test_items_are_laid_side_by_side_under_a_mask() -> None:
    field = laid([np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)])
    assert field.values.shape == (2, 4, 3) and field.values[0, 2:].abs().sum() == 0
    assert field.mask is not None and field.mask.tolist() == [[True, True, False, False], [True] * 4]
    same = laid([np.ones((2, 3), np.float32)] * 2)
    assert same.mask is not None and bool(same.mask.all())
