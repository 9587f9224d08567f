"""Series as rows: which columns they stand in, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from rows_of import learn, ts

from seqloom.errors import InputError
from seqloom.tasks.classify import Classify

WIDE = "label,a,b,c\n" + "up,1,2,3\ndown,3,2,1\nup,2,3,4\ndown,4,3,2\n" * 4
LISTS = "x\ty\tclass\n" + "1,2,3\t4,5,6\tup\n3,2\t6,5\tdown\n" * 6
LONG = "run,t,v,label\n" + "".join(
    f"r{n},{2 - t},{n * t},{'up' if n % 2 else 'down'}\n" for n in range(12) for t in (0, 1)
)


def write(folder: Path, text: str, name: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def rows(task: Classify, path: Path) -> list[list[list[float]]]:
    notes: list[str] = []
    return [values.tolist() for _, values in task.rows_of(str(path), notes.append)]


def test_a_ts_file_brings_its_own_source(tmp_path: Path) -> None:
    task, notes = learn("classify", write(tmp_path, ts(), "a.ts"))
    assert task.labels == ["down", "up"] and task.spec.source.tokens == "series" and notes == []
    train, valid = task.training(notes.append, False)
    batch = train.load(train.order(0)[0])
    source = batch.inputs["source"]
    assert source.values.shape[2] == 2 and source.mask is not None and batch.tokens == int(source.mask.sum())
    assert valid is not None and not source.values[~source.mask].any()
    text, _ = learn(
        "classify",
        write(tmp_path, "text\tlabel\n" + "".join(f"a {n}\tx\nb {n}\ty\n" for n in range(20)), "a.tsv"),
        "source.tokens=char",
        "data.valid=0",
    )
    assert text.spec.fit.epochs == 10 and task.spec.fit.epochs > 10, "a text keeps the defaults of texts"


def test_columns_of_numbers_are_steps_and_are_found_again_without_labels(tmp_path: Path) -> None:
    task, _ = learn("classify", write(tmp_path, WIDE, "a.csv"), "source.tokens=series", "data.valid=0")
    assert task.spec.source.column == ["a", "b", "c"] and task.spec.series.values is None
    assert rows(task, write(tmp_path, "c,a,b\n1,2,3\n", "new.csv")) == [[[2.0], [3.0], [1.0]]]
    assert rows(task, write(tmp_path, "7,8,9\n", "bare.csv")) == [[[7.0], [8.0], [9.0]]]
    assert rows(task, write(tmp_path, WIDE, "same.csv")) == [case.values.tolist() for case in task._parts[0].cases]
    with pytest.raises(InputError, match=r"four\.csv has no column 'a'"):
        rows(task, write(tmp_path, "7,8,9,10\n", "four.csv"))


def test_a_file_without_a_header_keeps_its_label_out_of_its_steps(tmp_path: Path) -> None:
    text = "1,0.5,0.6\n2,0.6,0.5\n" * 8
    task, _ = learn(
        "classify", write(tmp_path, text, "a.csv"), "source.tokens=series", "data.valid=0", columns={"label": "1"}
    )
    assert task.spec.source.column == ["2", "3"] and task.labels == ["1", "2"]
    assert rows(task, write(tmp_path, "9,8\n", "new.csv")) == [[[9.0], [8.0]]], "two columns are the two steps"
    assert rows(task, write(tmp_path, "1,9,8\n", "again.csv")) == [[[9.0], [8.0]]]


def test_cells_of_lists_are_channels(tmp_path: Path) -> None:
    task, _ = learn("classify", write(tmp_path, LISTS, "a.tsv"), "source.tokens=series", "data.valid=0")
    assert (
        task.spec.series.values == ["x", "y"]
        and task.columns == ["x", "y"]
        and task.source.channels.names == ("x", "y")
    )
    assert rows(task, write(tmp_path, "y\tx\n1 2\t3 4\n", "new.tsv")) == [[[3.0, 1.0], [4.0, 2.0]]]


def test_a_long_table_is_named_by_its_id(tmp_path: Path) -> None:
    asked = ["source.tokens=series", "series.id=run", "series.time=t", "data.valid=0"]
    task, _ = learn("classify", write(tmp_path, LONG, "a.csv"), *asked)
    assert task.spec.series.values == ["v"] and len(task._parts[0]) == 12 and task.whole
    found = list(task.rows_of(str(write(tmp_path, "v,t,run\n5,2,q\n6,1,q\n", "new.csv")), lambda note: None))
    assert [(values, row.tolist()) for values, row in found] == [({"id": "q"}, [[6.0], [5.0]])]


def test_missing_values_are_flagged_where_training_has_them_and_said_where_not(tmp_path: Path) -> None:
    gaps = WIDE.replace("up,1,2,3", "up,1,,3")
    task, notes = learn("classify", write(tmp_path, gaps, "a.csv"), "source.tokens=series", "data.valid=0")
    assert any("4 of 48 values are missing; at each step a flag a channel says so" in note for note in notes)
    (chunk,) = task.source.chunks([[[1.0], [np.nan], [3.0]]])
    field = task.batch(chunk).inputs["source"]
    assert field.values[0, :, 1].tolist() == [1, 0, 1] and field.values[0, 1, 0] == 0
    whole, _ = learn("classify", write(tmp_path, WIDE, "b.csv"), "source.tokens=series", "data.valid=0")
    said: list[str] = []
    whole.evaluation(str(tmp_path / "a.csv"), said.append, False)
    assert any("4 of 16 series have missing values, which training had not" in note for note in said)


def test_rows_are_the_same_series_whatever_their_label(tmp_path: Path) -> None:
    task, notes = learn(
        "classify", write(tmp_path, WIDE, "a.csv"), "source.tokens=series", valid=str(write(tmp_path, WIDE, "b.csv"))
    )
    assert any("16 of 16 rows also occur in" in note for note in notes)
    digest = task.rows_digest
    assert task.reread(lambda note: None) == digest
    write(tmp_path, WIDE.replace("down,4", "up,4"), "a.csv")
    assert task.reread(lambda note: None) != digest


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["series.horizon=3"], "series.horizon is for forecasts, and classify reads each series whole"),
        (["series.scale=window"], "series.scale=window is for forecasts; classify takes series or none"),
        (["series.time=a"], "name its series too: -s series.id=COLUMN"),
        (["series.id=nobody"], "has no column 'nobody'"),
        (["series.values=[a, who]"], "has no column 'who'"),
    ],
)
def test_settings_that_are_not_of_whole_series(tmp_path: Path, settings: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        learn("classify", write(tmp_path, WIDE, "a.csv"), "source.tokens=series", *settings)


def test_files_of_another_kind_name_the_difference(tmp_path: Path) -> None:
    task, _ = learn("classify", write(tmp_path, ts(), "a.ts"))
    bare = write(tmp_path, ts(4, label=False), "bare.ts")
    assert len(rows(task, bare)) == 4
    with pytest.raises(InputError, match=r"bare\.ts:5: the series has no label"):
        task.evaluation(str(bare), lambda note: None, False)
    with pytest.raises(InputError, match="series of 1 channel, and training had 2 channels"):
        one = write(tmp_path, "@univariate true\n@classLabel true up down\n@data\n1,2:up\n", "one.ts")
        task.evaluation(str(one), lambda note: None, False)
    with pytest.raises(InputError, match=r"other\.ts:3: label 'left' does not occur in training"):
        other = write(tmp_path, "@classLabel true\n@data\n1,2:3,4:left\n", "other.ts")
        task.evaluation(str(other), lambda note: None, False)


def tracks(folder: Path, count: int = 24, name: str = "moves.npz") -> Path:
    """Write tracks of two points that rise or fall, of six people; every track but the last begins anywhere."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(count):
        steps, sign = 4 + number % 3, 1 if number % 2 else -1
        rows.append(generator.normal(0, 9, (1, 2, 3)) + sign * np.arange(steps)[:, None, None])
    action = np.array(["fall", "rise"] * (count // 2))
    offset = np.cumsum([0, *map(len, rows)])
    np.savez(folder / name, frames=np.concatenate(rows), offset=offset, action=action, who=np.arange(count) // 2 % 6)
    return folder / name


def test_tracks_are_known_by_what_they_hold(tmp_path: Path) -> None:
    task, notes = learn("classify", tracks(tmp_path), "data.valid=null", "tracks.origin=first")
    assert task.labels == ["fall", "rise"] and task.spec.target.column == "action" and notes == []
    assert task.spec.source.tokens == "series" and task.spec.data.format == "tracks"
    first = task._parts[0].cases[1].values
    assert first.shape == (5, 6) and np.allclose(first, np.arange(5)[:, None])
    told = list(task.rows_of(str(tmp_path / "moves.npz"), notes.append))
    assert told[3][0] == {"action": "rise", "who": "1"} and np.array_equal(told[1][1], first)


def test_one_person_is_held_out(tmp_path: Path) -> None:
    path = tracks(tmp_path)
    task, notes = learn("classify", path, valid="who=2,4")
    train, held, _ = task._parts
    assert [len(train), len(held)] == [16, 8] and set(held.column("who")) == {"2", "4"}
    assert notes == [f"{path}: 8 rows with who=2,4 are held out, 16 are trained on."]
    again_ = task.evaluation(None, notes.append, False)
    assert sum(len(again_.load(key).rows) for key in again_.order(0)) == 8
    with pytest.raises(InputError, match=r"no row has who=9, to be held out; there is 0, 1, 2, 3, 4, 5\."):
        learn("classify", path, valid="who=9")
    with pytest.raises(
        InputError, match=r"whom=2: .*moves\.npz has no column 'whom' whose rows could be held out, and no"
    ):
        learn("classify", path, valid="whom=2")


def test_rows_of_a_table_are_held_out_by_a_column_too(tmp_path: Path) -> None:
    text = "text\tlabel\tday\n" + "".join(f"a {n}\t{'xy'[n % 2]}\t{n // 4}\n" for n in range(20))
    task, _ = learn("classify", write(tmp_path, text, "a.tsv"), "source.tokens=char", valid="day=4")
    assert [len(part) for part in task._parts[:2]] == [16, 4]
    (tmp_path / "label=x.tsv").write_text(text)
    notes: list[str] = []
    other, notes = learn("classify", tmp_path / "a.tsv", "source.tokens=char", valid=str(tmp_path / "label=x.tsv"))
    assert len(other._parts[1]) == 20 and any("20 of 20 rows also occur" in note for note in notes), "a file goes first"


def test_what_is_not_of_tracks(tmp_path: Path) -> None:
    path = tracks(tmp_path)
    for setting, said in {
        "series.id=who": r"series\.id names columns of a table, and this file holds tracks: drop it",
        "target.column=verb": r"moves\.npz has no column 'verb'.*; it has action, who\.",
        "tracks.origin=9": r"tracks\.origin=9, and there are 2 points, numbered from 1",
        "tracks.dims=[4]": r"tracks\.dims names number 4 of a point, and there are 3",
        "source.tokens=char": r"the section tracks is for source\.tokens=series, and it is char",
    }.items():
        more = ["tracks.motion=true"] if "tokens" in setting else []
        with pytest.raises(InputError, match=said):
            learn("classify", path, setting, *more)
    np.savez(tmp_path / "nameless.npz", frames=np.ones((4, 1, 2)), offset=np.array([0, 2, 4]), x=np.arange(2))
    with pytest.raises(InputError, match=r"nameless\.npz: which column is the label\? It has x\. Name it with --label"):
        learn("classify", tmp_path / "nameless.npz")
