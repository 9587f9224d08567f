import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.data.media_arrays import read_arrays, sniff_arrays
from seqloom.data.media_open import Opening, open_collection
from seqloom.errors import InputError


def saved(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


def test_items_of_one_length_and_a_column_of_each_array_of_a_value_a_row(tmp_path: Path) -> None:
    pictures = np.arange(3 * 4 * 5 * 3, dtype=np.uint8).reshape(3, 4, 5, 3)
    path = saved(
        tmp_path / "p.npz", images=pictures, label=np.array([1, 0, 1]), name=np.array(["가", "b", "c"]), odd=np.ones(7)
    )
    found = read_arrays(path, "image")
    assert found.columns == ["label", "name"] and found.rows[0] == {"label": "1", "name": "가"}
    assert np.array_equal(found.item(1).array, pictures[1]) and found.where(1).endswith("p.npz[1]")
    assert found.notes == [f"{path}: array odd [7] is not one value a row and is left out"]


def test_items_of_many_lengths_lie_one_after_the_other(tmp_path: Path) -> None:
    sound = np.arange(10, dtype=np.int16)
    path = saved(
        tmp_path / "a.npz", audio=sound, offset=np.array([0, 4, 4, 10]), rate=np.int32(8000), label=["a", "b", "c"]
    )
    found = read_arrays(path, "audio")
    assert [found.item(row).array.tolist() for row in range(3)] == [[0, 1, 2, 3], [], [4, 5, 6, 7, 8, 9]]  # type: ignore[union-attr]
    assert found.item(0).rate == 8000 and sniff_arrays(Path(path)) == "audio"


def test_a_table_finds_items_of_an_archive_by_number_or_by_name(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "p.npz",
        images=np.zeros((2, 3, 3), np.uint8) + np.array([1, 2], np.uint8)[:, None, None],
        image_id=[70, 71],
    )
    table = tmp_path / "q.jsonl"
    table.write_text('{"image_id": 71, "question": "?"}\n{"image_id": 5, "question": "?"}\n', "utf-8")
    found = open_collection(str(table), Opening("image", root=path, id="image_id"))
    assert int(found.item(0).array[0, 0]) == 2  # type: ignore[index]
    with pytest.raises(InputError, match=r"q.jsonl:2 \(5\): .*no item '5'"):
        found.item(1)
    by_number = open_collection(str(table), Opening("image", root=path))
    with pytest.raises(InputError, match="no item '71'"):
        by_number.item(0)
    with pytest.raises(InputError, match=r"no array 'imageid' of 2 names; did you mean 'image_id'"):
        open_collection(str(table), Opening("image", root=path, id="imageid"))


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"images": np.zeros((2, 2))}, "no array of image in it .*images \\[2, 2\\]"),
        ({"a": np.zeros((2, 2, 2)), "b": np.zeros((2, 2, 2))}, "which array is the image"),
        ({"images": np.array([[None]], dtype=object)}, "no archive of plain arrays"),
        ({"frames": np.zeros((4, 2, 2)), "offset": np.array([0, 3, 2])}, "offset must be integers that grow"),
        ({"images": np.zeros((4, 2, 2)), "id": np.array([1, 1, 2, 3])}, "only 3 different names"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, arrays: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_arrays(saved(tmp_path / "x.npz", **arrays), "image", "id" if "id" in arrays else None)


def test_audio_needs_its_rate(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="samples a second in an array `rate`"):
        read_arrays(saved(tmp_path / "x.npz", audio=np.zeros((2, 100))), "audio")


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    whole = Path(saved(tmp_path / "x.npz", images=np.zeros((9, 9, 9))))
    content = whole.read_bytes()
    for name, data in {"cut": content[:300], "empty": b"", "text": b"no archive"}.items():
        bad = tmp_path / f"{name}.npz"
        bad.write_bytes(data)
        with pytest.raises(InputError, match="no archive of plain arrays"):
            read_arrays(str(bad), "image")
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as packed:
        packed.writestr("a.txt", "x")
    with pytest.raises(InputError, match=r"no archive of plain arrays|no array of image"):
        read_arrays(str(tmp_path / "other.npz"), "image")
    assert sniff_arrays(tmp_path / "cut.npz") is None
