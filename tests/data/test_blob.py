"""Bytes of files: gzip, standard input, large files, processes, and every file that cannot be used."""

import gzip
import os
import pickle
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from seqloom.data import blob as blobs
from seqloom.data.blob import load
from seqloom.errors import InputError


def refused(path: Path | str) -> str:
    with pytest.raises(InputError) as error:
        load(path)
    return str(error.value)


def test_lines_lose_their_ends_and_the_byte_order_mark_but_keep_a_lone_carriage_return(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("\ufeff하나\r\ntwo\rhalves\n\nlast".encode())
    lines = list(load(file).lines())
    assert [line.data.decode() for line in lines] == ["하나", "two\rhalves", "", "last"]
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert [load(file).read(line.start, line.start + len(line.data)) for line in lines] == [line.data for line in lines]


def test_gzip_is_known_by_its_bytes_not_by_the_name(tmp_path: Path) -> None:
    packed, plain = tmp_path / "packed.tsv", tmp_path / "plain.tsv.gz"
    packed.write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    plain.write_bytes(b"a\nb\n")
    for file in (packed, plain):
        assert [line.data for line in load(file).lines()] == [b"a", b"b"]


def test_a_large_file_is_read_where_it_lies_and_a_large_gzip_from_a_copy_that_goes_away(tmp_path: Path) -> None:
    data = b"".join(b"line %d\n" % number for number in range(1000))
    plain, packed = tmp_path / "a.txt", tmp_path / "a.txt.gz"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    for file in (plain, packed):
        small, large = load(file), load(file, memory_limit=100)
        assert small.in_memory and not large.in_memory
        assert list(small.lines()) == list(large.lines())
        assert large.read(7, 13) == data[7:13]
    copy = large._file
    assert copy is not None and copy != packed and copy.exists()
    del large
    assert not copy.exists()


@pytest.mark.parametrize("method", ["fork", "spawn", "fork without pread"])
def test_processes_that_share_a_file_read_the_right_bytes(tmp_path: Path, method: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"".join(b"%07d\n" % row for row in range(2000)))
    command = [sys.executable, str(Path(__file__).with_name("sharing.py")), "blob", str(file), method]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout == "True True True\n", done.stderr


def test_a_copy_survives_the_worker_and_a_pickled_one_does_not_own_the_file(tmp_path: Path) -> None:
    packed = tmp_path / "a.txt.gz"
    packed.write_bytes(gzip.compress(b"text\n" * 100))
    blob = load(packed, memory_limit=10)
    other = pickle.loads(pickle.dumps(blob))  # noqa: S301
    assert other.read(0, 4) == b"text"
    del other
    assert blob.read(5, 9) == b"text"
    child = os.fork()
    if child == 0:
        blob._scratch._end()  # type: ignore[union-attr]
        os._exit(0)
    os.waitpid(child, 0)
    assert blob._file is not None and blob._file.exists()


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"x" * 100)
    blob = load(file, memory_limit=10)
    file.write_bytes(b"y" * 50)
    with pytest.raises(InputError, match="was changed while it was being read"):
        blob.read(0, 10)


def test_standard_input_can_be_asked_for_twice() -> None:
    code = (
        "from seqloom.data.blob import load; print([l.data for l in load('-').lines()], load('-').read(0, 3),"
        " load('-').name)"
    )
    for data in (b"one\ntwo\n", gzip.compress(b"one\ntwo\n")):
        done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
        assert done.stdout.decode().strip() == "[b'one', b'two'] b'one' standard input"


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "영화평.tsv").write_text("a", encoding="utf-8")
    (tmp_path / "reviews.tsv").write_text("a", encoding="utf-8")
    assert f"no file {tmp_path}/reviws.tsv; did you mean 'reviews.tsv'?" in refused(tmp_path / "reviws.tsv")
    assert "did you mean '영화평.tsv'?" in refused(tmp_path / "영화.tsv")
    assert "there is no folder" in refused(tmp_path / "nowhere" / "a.tsv")


def test_a_decomposed_hangul_file_name_is_found_by_its_composed_one(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "영화평.txt")).write_text("좋다", encoding="utf-8")
    assert load(tmp_path / "영화평.txt").read(0, 6).decode() == "좋다"


def test_a_folder_says_what_it_holds(tmp_path: Path) -> None:
    assert "is a folder; give one file. It is empty." in refused(tmp_path)
    (tmp_path / "a.tsv").touch()
    assert "It holds a.tsv." in refused(tmp_path)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert refused(tmp_path / "a.txt") == f"{tmp_path}/a.txt is empty."


def test_a_gzip_that_was_cut_short_or_damaged(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(5000).hex().encode())
    (tmp_path / "a.gz").write_bytes(whole[:2000])
    assert "it was cut short. Copy or download it again" in refused(tmp_path / "a.gz")
    (tmp_path / "a.gz").write_bytes(whole[:1000] + bytes([whole[1000] ^ 255]) + whole[1001:])
    assert "is damaged gzip data" in refused(tmp_path / "a.gz")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_says_how_to_convert(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("text\tlabel\ngood film\t1\n".encode(encoding))
    message = refused(tmp_path / "a.txt")
    assert f"is {'UTF-32' if '32' in encoding else 'UTF-16'}" in message
    assert "iconv -f UTF-" in message and "-t UTF-8" in message


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04abc", "is a zip or Excel (xlsx) file"),
        (b"PAR1abc", "is a Parquet file"),
        (gzip.compress(gzip.compress(b"a", mtime=0), mtime=0), "compressed with gzip twice"),
        (b"\x00\x00\x01a" * 20, "is a binary file (60 control bytes in its first 80)"),
    ],
)
def test_what_is_not_text(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert says in refused(tmp_path / "a.txt")


def test_a_large_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"PAR1" * 100)
    with pytest.raises(InputError, match="Parquet"):
        load(tmp_path / "a.txt", memory_limit=10)


def test_a_lone_nul_is_left_to_the_row_that_holds_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a long enough line of text\x00 with one\n")
    assert load(tmp_path / "a.txt").in_memory
    assert blobs.MEMORY_LIMIT == 256 * 2**20
