import json
from pathlib import Path

import pytest

from seqloom.data.media import Folder
from seqloom.data.media_folder import natural, read_folder
from seqloom.data.media_open import Opening, open_collection, sniff_kind
from seqloom.errors import InputError


def files(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_a_folder_a_class_in_the_order_of_names_with_numbers_by_value(tmp_path: Path) -> None:
    found = read_folder(files(tmp_path, "나/10.png", "나/9.png", "a/1.jpg", "a/deep/2.PNG", "a/.hidden.png"), "image")
    assert found.refs == ["a/1.jpg", "a/deep/2.PNG", "나/9.png", "나/10.png"]
    assert [row["label"] for row in found.rows] == ["a", "a", "나", "나"] and found.columns == ["file", "label"]
    assert found.item(3).file == tmp_path / "나/10.png" and found.where(3).endswith("/나/10.png")
    assert natural("b2.png") < natural("b10.png") < natural("c1.png")


def test_files_of_another_kind_and_empty_folders_are_said(tmp_path: Path) -> None:
    found = read_folder(files(tmp_path, "a/1.wav", "a/notes.txt", "b/2.flac", "c/readme.md"), "audio")
    assert len(found) == 2
    assert any("2 files" in note for note in found.notes) and any("1 folders" in note for note in found.notes)


def test_a_flat_folder_has_no_label(tmp_path: Path) -> None:
    found = read_folder(files(tmp_path, "1.png", "2.png"), "image")
    assert found.columns == ["file"] and found.rows[1] == {"file": "2.png"}


def test_some_files_with_a_class_and_some_without_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1 of its files stand in no class \(loose.png, say\) and 1 do"):
        read_folder(files(tmp_path, "a/1.png", "loose.png"), "image")


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no image in it .*\.png"):
        read_folder(files(tmp_path, "a/1.wav"), "image")


def test_a_film_may_be_a_folder_of_frames(tmp_path: Path) -> None:
    found = read_folder(files(tmp_path, "left/one/f1.png", "left/one/f2.png", "left/two.mp4", "right/x/1.png"), "video")
    assert found.refs == ["left/one", "left/two.mp4", "right/x"]
    assert [row["label"] for row in found.rows] == ["left", "left", "right"]


@pytest.mark.parametrize(
    "key",
    ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "../root-2/b.png", "link.txt", "", "a\0b", "x" * 5000],
)
def test_nothing_outside_a_folder_is_read(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.txt").write_text("x")
    files(tmp_path / "root-2", "b.png")  # whose name begins as that of the folder does
    root = files(tmp_path / "root", "a/1.png")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(InputError, match=r"leads out of|no path of a file"):
        Folder(root).item(key)


def test_links_within_a_folder_are_followed(tmp_path: Path) -> None:
    root = files(tmp_path, "a/1.png")
    (root / "b.png").symlink_to(root / "a" / "1.png")
    assert Folder(root).file("b.png") == root / "a" / "1.png"


def test_a_table_in_a_folder_tells_of_its_files(tmp_path: Path) -> None:
    files(tmp_path, "pictures/1.png", "pictures/2.png")
    (tmp_path / "metadata.csv").write_text("file_name,text\npictures/1.png,하나\npictures/2.png,two\n", "utf-8")
    found = open_collection(str(tmp_path), Opening("image"))
    assert [row["text"] for row in found.rows] == ["하나", "two"]
    assert found.item(1).file == tmp_path / "pictures/2.png" and found.where(1).endswith(
        "metadata.csv:3 (pictures/2.png)"
    )
    (tmp_path / "labels.tsv").write_text("file\tlabel\n", "utf-8")
    with pytest.raises(InputError, match=r"metadata.csv and labels.tsv; give the one that is meant"):
        open_collection(str(tmp_path), Opening("image"))


def test_a_table_names_files_below_its_root(tmp_path: Path) -> None:
    root = files(tmp_path / "sounds", "a/1.wav")
    table = tmp_path / "clips.tsv"
    table.write_text("path\ttext\na/1.wav\thello\n../clips.tsv\tout\nb.wav\tnone\n", "utf-8")
    found = open_collection(str(table), Opening("audio", root=str(root)))
    assert found.item(0).file == root / "a/1.wav"
    with pytest.raises(InputError, match=r"clips.tsv:3 \(../clips.tsv\): .*leads out of"):
        found.item(1)
    with pytest.raises(InputError, match=r"clips.tsv:4 \(b.wav\): 'b.wav': no such file"):
        found.item(2)
    with pytest.raises(InputError, match="neither a folder nor an archive"):
        open_collection(str(table), Opening("audio", root=str(tmp_path / "none")))


def test_one_file_is_a_collection_of_one_and_another_kind_is_refused(tmp_path: Path) -> None:
    files(tmp_path, "a.wav")
    assert open_collection(str(tmp_path / "a.wav"), Opening("audio")).refs == ["a.wav"]
    with pytest.raises(InputError, match="is audio by its name, and image is read here"):
        open_collection(str(tmp_path / "a.wav"), Opening("image"))
    with pytest.raises(InputError, match="no such file or folder"):
        open_collection(str(tmp_path / "b.wav"), Opening("audio"))


def test_what_data_holds_is_told_by_its_names(tmp_path: Path) -> None:
    files(tmp_path / "p", "a/1.png", "a/2.png", "b/readme.txt")
    assert sniff_kind(str(tmp_path / "p")) == "image"
    assert sniff_kind("x/one.mp4") == "video" and sniff_kind("reviews.tsv") is None
    (tmp_path / "clips.csv").write_text('file,text\n"a/1.wav",hello\n', "utf-8")
    (tmp_path / "rows.jsonl").write_text('{"file": "a/1.flac", "n": 1}\n{"file": "a/2.flac", "n": 2}\n', "utf-8")
    (tmp_path / "texts.tsv").write_text("text\tlabel\nsee a.png and b.wav\tx\n", "utf-8")
    files(tmp_path, "소리 하나/1.wav")
    (tmp_path / "one.jsonl").write_text(json.dumps({"path": "소리 하나/1.wav", "label": "a"}) + "\n")  # escaped letters
    (tmp_path / "windows.tsv").write_text("path\tlabel\n소리 하나\\1.wav\ta\n", "utf-8")
    assert sniff_kind(str(tmp_path / "one.jsonl")) == "audio" == sniff_kind(str(tmp_path / "windows.tsv"))
    with pytest.raises(InputError, match="write / for"):
        open_collection(str(tmp_path / "windows.tsv"), Opening("audio")).item(0)
    assert sniff_kind(str(tmp_path / "clips.csv")) == "audio" == sniff_kind(str(tmp_path / "rows.jsonl"))
    assert sniff_kind(str(tmp_path / "texts.tsv")) is None
    (tmp_path / "long.tsv").write_text(f"path\ttext\na.wav\t{'la ' * 2000}\nb.wav\t{'la ' * 2000} la.mp4\n")
    assert sniff_kind(str(tmp_path / "long.tsv")) == "audio", "a text is longer than any path may be"
