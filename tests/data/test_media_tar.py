"""Archives of files: samples as WebDataset writes them, folders of classes, and every hostile member refused."""

import copy
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from seqloom.data import media_tar
from seqloom.data.media_open import Opening, open_collection, sniff_kind
from seqloom.data.media_tar import read_tar
from seqloom.errors import InputError


def packed(file: Path, members: dict[str, bytes | tarfile.TarInfo], mode: str = "w") -> str:
    with tarfile.open(file, mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                tar.addfile(content)
                continue
            one = tarfile.TarInfo(name)
            one.size = len(content)
            tar.addfile(one, io.BytesIO(content))
    return str(file)


def special(kind: bytes, link: str = "") -> tarfile.TarInfo:
    one = tarfile.TarInfo()
    one.type, one.linkname = kind, link
    return one


SAMPLES: dict[str, Any] = {
    "a/0001.jpg": b"first",
    "a/0001.cls": b"cat\n",
    "a/0001.txt": "고양이 한 마리".encode(),
    "a/0001.json": b'{"size": 3.50, "odd": null}',
    "a/0002.cls": b"dog",
    "a/0002.jpg": b"second",
    "a/.hidden.jpg": b"x",
    "a/readme.md": b"hello",
}


@pytest.mark.parametrize(("name", "mode"), [("x.tar", "w"), ("x.tar.gz", "w:gz"), ("x.tgz", "w:gz")])
def test_samples(tmp_path: Path, name: str, mode: str) -> None:
    path = packed(tmp_path / name, SAMPLES, mode)
    found = open_collection(path, Opening("image"))
    assert sniff_kind(path) == "image" and len(found) == 2
    assert found.rows[0] == {"file": "a/0001.jpg", "label": "cat", "text": "고양이 한 마리", "size": "3.50"}
    assert found.rows[1] == {"file": "a/0002.jpg", "label": "dog"}
    assert [found.item(row).data for row in range(2)] == [b"first", b"second"]
    assert found.item(1).where == f"{path}[a/0002.jpg]"
    assert found.notes == [f"{path}: 1 files in it are no image and belong to none, and are left out"]
    again = copy.deepcopy(found.shelf)  # as a worker process gets it
    assert again.item("a/0001.jpg").data == b"first"


def test_folders_are_classes_where_nothing_else_tells(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.tar", {"set/cat/a.b.png": b"1", "set/cat/a.c.png": b"2", "set/dog/deep/a.png": b"3"})
    found = read_tar(path, "image")
    assert [(row["file"], row["label"]) for row in found.rows] == [
        ("set/cat/a.b.png", "cat"),
        ("set/cat/a.c.png", "cat"),
        ("set/dog/deep/a.png", "dog"),
    ]
    assert [found.item(row).data for row in range(3)] == [b"1", b"2", b"3"]
    flat = read_tar(packed(tmp_path / "y.tar", {"set/a.png": b"1", "set/b.png": b"2"}), "image")
    assert flat.columns == ["file"]
    with pytest.raises(InputError, match=r"set/a\.png stands in no class and others do"):
        read_tar(packed(tmp_path / "z.tar", {"set/a.png": b"1", "set/dog/b.png": b"2"}), "image")


def test_a_table_finds_files_of_an_archive(tmp_path: Path) -> None:
    packed(tmp_path / "x.tar", {"a.png": b"1", "b.png": b"2"})
    (tmp_path / "rows.tsv").write_text("path\tlabel\nb.png\tB\n")
    found = open_collection(str(tmp_path / "rows.tsv"), Opening("image", root=str(tmp_path / "x.tar")))
    assert found.item(0).data == b"2" and found.item(0).where.endswith("rows.tsv:2 (b.png)")
    (tmp_path / "rows.tsv").write_text("path\tlabel\n../b.png\tB\n")
    away = open_collection(str(tmp_path / "rows.tsv"), Opening("image", root=str(tmp_path / "x.tar")))
    with pytest.raises(InputError, match=r"rows\.tsv:2 .*has no file '\.\./b\.png'"):
        away.item(0)


@pytest.mark.parametrize(
    ("name", "member", "said"),
    [
        ("../a.png", b"x", r"'\.\./a\.png' leads out of the archive"),
        ("b/../../a.png", b"x", "leads out of the archive"),
        ("/etc/a.png", b"x", r"'/etc/a\.png' leads out of the archive"),
        ("..\\a.png", b"x", "leads out of the archive"),
        ("C:\\a.png", b"x", "leads out of the archive"),
        ("a.png", special(tarfile.SYMTYPE, "/etc/passwd"), r"'a\.png' is a link to '/etc/passwd'; pack the file"),
        ("a.png", special(tarfile.LNKTYPE, "b.png"), "is a link to"),
        ("a.png", special(tarfile.CHRTYPE), "is no plain file"),
        ("a.png", special(tarfile.FIFOTYPE), "is no plain file"),
    ],
)
def test_what_no_honest_archive_holds(tmp_path: Path, name: str, member: Any, said: str) -> None:
    path = packed(tmp_path / "x.tar", {"ok.png": b"1", name: member})
    with pytest.raises(InputError, match=said):
        read_tar(path, "image")


def test_the_same_name_twice(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo("a.png"))
    with pytest.raises(InputError, match=r"'a\.png' is in it twice"):
        read_tar(str(tmp_path / "x.tar"), "image")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"a.png": b"1", "a.json": b"{"}, r"the \.json of a\.png is not JSON"),
        ({"a.png": b"1", "a.json": b"[1]"}, r"the \.json of a\.png is a JSON list, expected an object"),
        ({"a.png": b"1", "a.txt": b"\xff\xfe"}, r"the \.txt of a\.png is no UTF-8: byte 1"),
        ({"a.png": b"1", "a.cls": bytes(media_tar.LARGEST_CELL + 1)}, r"the \.cls of a\.png has 1 MiB"),
        ({"a.txt": b"1"}, "no image in it by the names of its files"),
    ],
)
def test_what_stands_beside_must_be_readable(tmp_path: Path, members: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_tar(packed(tmp_path / "x.tar", members), "image")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_tar, "BOMB", 1 << 20)
    path = packed(tmp_path / "x.tar.gz", {"a.png": bytes(8 << 20)}, "w:gz")
    with pytest.raises(InputError, match="unpacks to more than 1 MiB, 20 times its size"):
        read_tar(path, "image")
    read_tar(packed(tmp_path / "y.tar.gz", {"a.png": bytes(1 << 10)}, "w:gz"), "image")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archives_that_are_cut_or_none(tmp_path: Path, mode: str) -> None:
    path = Path(packed(tmp_path / f"x.tar{mode[1:].replace(':', '.')}", {"a.png": b"1" * 3000, "b.png": b"2"}, mode))
    data = path.read_bytes()
    for length in (0, 30, len(data) // 2) if mode == "w:gz" else (0, 30, 600, 2000):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match=r"damaged|cut short"):
            read_tar(str(path), "image")
    path.write_bytes(b"\x89PNG" + bytes(range(256)) * 20)
    with pytest.raises(InputError, match="is no tar archive, or a damaged one"):
        read_tar(str(path), "image")
    assert sniff_kind(str(path)) is None
