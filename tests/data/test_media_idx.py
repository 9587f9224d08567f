"""IDX files: numbers of every type, labels found beside or named, and what is cut, false or too large refused."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from real_data import REAL

from seqloom.data.media_idx import TYPES, load_idx, read_idx
from seqloom.data.media_open import Opening, open_collection, sniff_kind
from seqloom.errors import InputError

PICTURES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def idx(array: NDArray[Any], kind: int = 8) -> bytes:
    """Write an array by the words of the format."""
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def written(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(folder / name)


@pytest.mark.parametrize("pictures", ["t-images-idx3-ubyte", "t-images-idx3-ubyte.gz", "t-images.idx3-ubyte"])
@pytest.mark.parametrize("packed", [False, True])
def test_labels_are_found_beside_the_pictures(tmp_path: Path, pictures: str, packed: bool) -> None:
    labels = pictures.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1") + ".gz" * packed
    path = written(tmp_path, pictures, idx(PICTURES))
    written(tmp_path, labels, idx(np.array([7, 0, 7], np.uint8)))
    found = open_collection(path, Opening("image"))
    assert sniff_kind(path) == "image" and found.columns == ["label"]
    assert [row["label"] for row in found.rows] == ["7", "0", "7"]
    assert all(np.array_equal(found.item(n).array, PICTURES[n]) for n in range(3))  # type: ignore[arg-type]
    assert found.item(2).where == f"{path}[2]"


def test_files_of_other_names(tmp_path: Path) -> None:
    one, other = written(tmp_path, "a.bin", idx(PICTURES)), written(tmp_path, "b.bin", idx(np.zeros(3, np.uint8)))
    for path in (f"images={one},labels={other}", f"labels={other},images={one}"):
        found = open_collection(path, Opening("image"))
        assert len(found) == 3 and found.columns == ["label"]
    bare = open_collection(f"images={one}", Opening("image"))
    assert bare.columns == [] and bare.notes == [f"images={one}: no labels beside it (images=FILE,labels=FILE)"]
    alone = read_idx(written(tmp_path, "x-images-idx3-ubyte", idx(PICTURES)), "image")
    assert "x-labels-idx1-ubyte or " in alone.notes[0]


@pytest.mark.parametrize("kind", TYPES)
def test_numbers_of_every_type(tmp_path: Path, kind: int) -> None:
    array = np.array([[1, 2], [3, 100]]).astype(TYPES[kind])
    found = load_idx(written(tmp_path, "x.idx", idx(array, kind)))
    assert found.tolist() == [[1, 2], [3, 100]] and found.dtype.isnative


WHOLE = idx(PICTURES)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", r"is no IDX file: it begins with b''"),
        (b"\x89PNG\r\n", "is no IDX file: it begins with b'.x89PNG'"),
        (b"\0\0\x07\x03" + bytes(12), "is no IDX file"),
        (WHOLE[:9], "ends in its header: it was cut short"),
        (WHOLE[:-1], r"holds 59 bytes of the 60 that its header promises \[3, 4, 5\]: it was cut short"),
        (WHOLE + b"x", r"goes on after the 60 bytes that its header promises"),
        (bytes([0, 0, 14, 3]) + b"\xff" * 12, r"says that it holds \d+ MiB .*; 4096 are read at most"),
        (idx(np.zeros((0, 4, 5), np.uint8)), r"holds no picture: its axes are \[0, 4, 5\]"),
        (idx(np.zeros(4, np.uint8)), "labels: give the file of their pictures"),
        (idx(np.zeros((4, 3), np.uint8)), "has 2 axis.es., which are no pictures"),
    ],
)
def test_what_cannot_be_pictures(tmp_path: Path, data: bytes, said: str) -> None:
    for name in ("x.idx", "x.idx.gz"):
        with pytest.raises(InputError, match=said):
            read_idx(written(tmp_path, name, data), "image")


def test_gzip_that_is_cut(tmp_path: Path) -> None:
    (tmp_path / "x.idx.gz").write_bytes(gzip.compress(WHOLE)[:-12])
    with pytest.raises(InputError, match=r"it was cut short|holds"):
        read_idx(str(tmp_path / "x.idx.gz"), "image")


def test_labels_that_do_not_belong(tmp_path: Path) -> None:
    path = written(tmp_path, "t-images-idx3-ubyte", WHOLE)
    written(tmp_path, "t-labels-idx1-ubyte", idx(np.zeros(4, np.uint8)))
    with pytest.raises(InputError, match=r"has 4 labels and .* 3 pictures: they do not belong"):
        read_idx(path, "image")
    written(tmp_path, "t-labels-idx1-ubyte", idx(np.zeros(3, ">f4"), 13))
    with pytest.raises(InputError, match="expected one whole number a picture"):
        read_idx(path, "image")
    with pytest.raises(InputError, match="hold pictures, and audio is read here"):
        read_idx(path, "audio")


@pytest.mark.skipif(not (REAL / "mnist").is_dir(), reason="real data is not here")
def test_mnist() -> None:
    """The labels of the first six, as the data's README has them."""
    path = str(REAL / "mnist" / "train-images-idx3-ubyte.gz")
    found = open_collection(path, Opening("image"))
    assert len(found) == 60_000 and [row["label"] for row in found.rows[:6]] == ["5", "0", "4", "1", "9", "2"]
    first = found.item(0).array
    assert first is not None and first.shape == (28, 28) and first.dtype == np.uint8 and first.max() == 255
