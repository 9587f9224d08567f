"""Parquet files of items: bytes, {bytes, path}, paths; classes by their names; groups of rows; what is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from seqloom.data.media_open import Opening, open_collection, sniff_kind
from seqloom.errors import InputError

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def written(place: Path, /, features: Any = None, group: int | None = None, **columns: Any) -> str:
    table = arrow.table(columns)
    if features is not None:
        about = features if isinstance(features, bytes) else json.dumps({"info": {"features": features}}).encode()
        table = table.replace_schema_metadata({b"huggingface": about})
    parquet.write_table(table, place, row_group_size=group)
    return str(place)


def opened(path: str, **how: Any) -> Any:
    return open_collection(path, Opening("image", **how))


def test_a_data_set_as_the_hub_has_it(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"from a file")
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    images = [{"bytes": b"first", "path": "a.png"}, {"bytes": None, "path": "b.png"}, {"bytes": None, "path": None}]
    path = written(tmp_path / "x.parquet", features, image=images, label=[1, 0, 1], size=[1.5, None, 2.0])
    found = opened(path)
    assert sniff_kind(path) == "image" and found.columns == ["label", "size"]
    assert [row["label"] for row in found.rows] == ["dog", "cat", "dog"] and "size" not in found.rows[1]
    assert found.item(0).data == b"first" and found.item(0).where == f"{path}[0]"
    assert found.item(1).file.read_bytes() == b"from a file"
    with pytest.raises(InputError, match=r"x\.parquet\[2\]: column 'image' is empty here"):
        found.item(2)


def test_a_path_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    path = written(
        tmp_path / "in" / "x.parquet", image=[{"bytes": None, "path": "../secret.png"}, {"bytes": b"x", "path": "a"}]
    )
    with pytest.raises(InputError, match=r"'\.\./secret\.png' leads out of"):
        opened(path).item(0)


def test_groups_of_rows_are_read_when_they_are_needed(tmp_path: Path) -> None:
    path = written(tmp_path / "x.parquet", group=3, picture=[b"%d" % n for n in range(10)], label=list("abababcdcd"))
    found = opened(path)
    order = [9, 0, 5, 2, 7, 3, 1, 8]
    assert [found.item(row).data for row in order] == [b"%d" % row for row in order]
    assert len(found.shelf._held) == 2
    assert copy.deepcopy(found.shelf).item("4").data == b"4", "as a worker process gets it"


def test_groups_may_differ_in_size(tmp_path: Path) -> None:
    """As they do in a file that was joined of several."""
    path, at = tmp_path / "x.parquet", 0
    with parquet.ParquetWriter(path, arrow.schema([("image", arrow.binary())])) as file:
        for size in (2, 5, 1, 4):
            file.write_table(arrow.table({"image": [b"%d" % (at + n) for n in range(size)]}))
            at += size
    found = opened(str(path))
    assert [found.item(row).data for row in range(12)] == [b"%d" % row for row in range(12)]


def test_rows_by_the_names_of_a_column(tmp_path: Path) -> None:
    path = written(tmp_path / "x.parquet", image=[b"1", b"2"], name=["p", "q"])
    assert opened(path, id="name").refs == ["p", "q"]
    (tmp_path / "rows.tsv").write_text("image\tlabel\nq\tQ\n")
    assert opened(str(tmp_path / "rows.tsv"), root=path, id="name").item(0).data == b"2"
    with pytest.raises(InputError, match=r"no column 'nam' of names; did you mean 'name'\?"):
        opened(path, id="nam")
    with pytest.raises(InputError, match="2 rows have only 1 different names"):
        opened(written(tmp_path / "y.parquet", image=[b"1", b"2"], name=["p", "p"]), id="name")


def test_a_column_of_paths_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"1")
    path = written(tmp_path / "x.parquet", file=["a.png"], label=[True])
    found = opened(path)
    assert found.refs == ["a.png"] and found.rows == [{"file": "a.png", "label": "true"}]
    assert found.item(0).file == tmp_path / "a.png" and found.where(0) == f"{path}:1 (a.png)"
    with pytest.raises(InputError, match="row 2: nothing in column 'file'"):
        opened(written(tmp_path / "y.parquet", file=["a.png", None]))


def test_which_column(tmp_path: Path) -> None:
    path = written(tmp_path / "x.parquet", one=[b"1"], two=[b"2"], list=[[1, 2]])
    with pytest.raises(InputError, match=r"which column is the image\? It has one, two, list, of bytes: one, two\."):
        opened(path)
    found = opened(path, column="two")
    assert found.item(0).data == b"2"
    assert [note.rpartition("column ")[2].split()[0] for note in found.notes] == ["one", "list"]
    with pytest.raises(InputError, match="no column 'three' of bytes or paths"):
        opened(path, column="three")
    assert sniff_kind(path) is None


@pytest.mark.parametrize("features", [b"{", b"[]", {"label": {"_type": "ClassLabel", "names": "ab"}}, {"label": 3}, []])
def test_an_odd_description_is_passed_over(tmp_path: Path, features: Any) -> None:
    path = written(tmp_path / "x.parquet", features, image=[b"1", b"2"], label=[0, 7])
    assert [row["label"] for row in opened(path).rows] == ["0", "7"] and sniff_kind(path) == "image"


def test_files_that_are_none(tmp_path: Path) -> None:
    whole = Path(written(tmp_path / "x.parquet", image=[b"1" * 500] * 9))
    data = whole.read_bytes()
    for content in (b"", b"PAR1", data[:-20], data[: len(data) // 2], b"x" * 400):
        whole.write_bytes(content)
        with pytest.raises(InputError, match="is no Parquet file, or a damaged one"):
            opened(str(whole))
        assert sniff_kind(str(whole)) is None
    with pytest.raises(InputError, match="has no rows"):
        opened(written(whole, image=arrow.array([], arrow.binary())))


def test_groups_that_unpack_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqloom.data import media_parquet

    path = written(tmp_path / "x.parquet", image=[bytes(3000)] * 9)
    monkeypatch.setattr(media_parquet, "LARGEST", 10)
    with pytest.raises(InputError, match="a group of 9 rows has 0 MiB, read at once"):
        opened(path)
