"""Files that are whole or not there, whatever byte is flipped and whenever the writer dies."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import Power

from seqloom.errors import CheckpointError, ResourceError
from seqloom.training import manifest
from seqloom.training.manifest import MANIFEST, replace_file, sweep, verify, write_folder

FILES = {"가중치.safetensors": bytes(range(200)), "vocab/labels.json": b'["\xea\xb0\x80"]', "empty": b""}
OTHER = {"가중치.safetensors": b"new"}


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    write_folder(tmp_path / "step-1", FILES)
    return tmp_path / "step-1"


def test_what_was_written_is_read(whole: Path) -> None:
    assert verify(whole) == FILES
    listed = json.loads((whole / MANIFEST).read_text(encoding="utf-8"))
    assert listed["format"] == 1
    assert listed["files"]["empty"] == {
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "bytes": 0,
    }


@pytest.mark.parametrize("name", ["가중치.safetensors", "vocab/labels.json"])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_flipped_byte_is_named(name: str, place: int, whole: Path) -> None:
    path = whole / name
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(CheckpointError) as error:
        verify(whole)
    assert str(error.value) == f"{path}: its content is not what was saved (SHA-256 differs)."
    assert error.value.code == 3


def test_a_cut_file_is_named(whole: Path) -> None:
    path = whole / "가중치.safetensors"
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(
        CheckpointError, match=r"가중치.safetensors: 150 bytes, the manifest says 200. It was cut short\."
    ):
        verify(whole)


def test_a_missing_file_is_named(whole: Path) -> None:
    (whole / "vocab/labels.json").unlink()
    with pytest.raises(CheckpointError, match=r"vocab/labels.json: missing, though the manifest lists it\."):
        verify(whole)


def test_no_manifest(whole: Path) -> None:
    (whole / MANIFEST).unlink()
    with pytest.raises(CheckpointError, match=r"step-1: no MANIFEST.json; it is no run folder, or its writing never"):
        verify(whole)


@given(data=st.data())
def test_any_flipped_bit_of_the_manifest_is_noticed_or_harmless(data: Any, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("flip")
    write_folder(folder / "step-1", FILES)
    path = folder / "step-1" / MANIFEST
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(content))
    try:
        read = verify(folder / "step-1")
    except CheckpointError as error:
        assert str(folder / "step-1") in str(error)
    else:
        assert read == FILES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"format": 1}',
        b'{"format": 1, "files": [1]}',
        b'{"format": 1, "files": {"a": 1}}',
        b"\xff",
    ],
)
def test_a_damaged_manifest(content: bytes, whole: Path) -> None:
    (whole / MANIFEST).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"MANIFEST.json: damaged. Take an earlier checkpoint or copy the run"):
        verify(whole)


def test_a_later_format(whole: Path) -> None:
    (whole / MANIFEST).write_text('{"format": 2, "files": {}}')
    with pytest.raises(CheckpointError, match=r"MANIFEST.json: format 2; this version reads format 1\."):
        verify(whole)


@pytest.mark.parametrize("name", ["../secret", "a/../../secret", "/etc/hostname"])
def test_a_path_outside_is_refused(name: str, whole: Path) -> None:
    (whole.parent / "secret").write_bytes(b"")
    about = {"sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "bytes": 0}
    (whole / MANIFEST).write_text(json.dumps({"format": 1, "files": {name: about}}))
    with pytest.raises(CheckpointError, match=f"names a file outside the folder, '{name}'"):
        verify(whole)


def test_a_writer_that_dies_at_any_call_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power goes out before the n-th write, sync, rename or deletion of replacing a folder, for every n."""
    left = 0

    def dying(real: Any) -> Any:
        def either(*parts: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Power
            return real(*parts, **named)

        return either

    found = []
    for call in range(99):
        folder = tmp_path / str(call)
        write_folder(folder / "step-1", FILES)
        left, died = call, False
        with monkeypatch.context() as patch:
            for name in ("rename", "mkdir"):
                patch.setattr(Path, name, dying(getattr(Path, name)))
            patch.setattr(manifest, "_write", dying(manifest._write))
            patch.setattr(manifest, "_sync", dying(manifest._sync))
            patch.setattr(manifest.shutil, "rmtree", dying(manifest.shutil.rmtree))
            try:
                write_folder(folder / "step-1", OTHER)
            except Power:
                died = True
        sweep(folder)
        found.append(verify(folder / "step-1"))
        assert [path.name for path in folder.iterdir()] == ["step-1"]
        if not died:
            break
    assert len(found) > 8
    assert found == sorted(found, key=[FILES, OTHER].index), "first the old, then the new, and never neither"
    assert found[0] == FILES and found[-1] == OTHER


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_leaves_what_was_there(number: int, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = manifest._write

    def full(path: Path, content: bytes) -> None:
        if path.name == MANIFEST:
            raise OSError(number, os.strerror(number))
        real(path, content)

    monkeypatch.setattr(manifest, "_write", full)
    with pytest.raises(ResourceError) as error:
        write_folder(whole, OTHER)
    assert str(error.value) == f"{whole}: cannot be written: {os.strerror(number)}. What was saved before is untouched."
    assert error.value.code == 5
    assert verify(whole) == FILES
    assert [path.name for path in whole.parent.iterdir()] == ["step-1"]


def test_a_file_is_replaced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last"
    replace_file(path, b"old")

    def full(unfinished: Path, content: bytes) -> None:
        unfinished.write_bytes(content[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(manifest, "_write", full)
    with pytest.raises(ResourceError, match="No space left on device"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["last"]


def test_everything_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real = Path.rename
    monkeypatch.setattr(os, "fsync", lambda descriptor: done.append("sync"))
    monkeypatch.setattr(Path, "rename", lambda self, to: (done.append("rename"), real(self, to))[1])
    write_folder(tmp_path / "step-1", {"a": b"1", "b": b"2"})
    assert done == ["sync"] * 4 + ["rename", "sync"]  # two files, the manifest, the folder; then the name


def test_sweep_takes_nothing_else(tmp_path: Path) -> None:
    for name in ("step-1", ".unfinished-step-2-77", ".replaced-step-1", ".replaced-step-3"):
        (tmp_path / name).mkdir()
    (tmp_path / ".unfinished-last-77").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"")
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "step-1", "step-3"]
    sweep(tmp_path / "nowhere")
