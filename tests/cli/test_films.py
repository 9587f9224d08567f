"""Films on the command line: made, checked, learnt from, labelled whole and frame by frame."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("av")
SMALL = ("-s", "source.front.kind=frames", "-s", "source.front.widths=[8]", "-s", "source.size=8", "--steps", "2")


@pytest.fixture
def motion(seqloom: Callable) -> Callable:
    """Return the command line, with made motion beside it."""
    made = seqloom("make-data", "motion", "m", "--rows", "40")
    assert made.code == 0 and made.out.count("seqloom train") == 3, made.err
    return seqloom


def test_what_check_says_of_films(motion: Callable) -> None:
    said = motion("check", "classify", "m/train/labels.tsv", "--valid", "m/valid/labels.tsv")
    assert said.code == 0 and "video, height x width x channels 32 x 32 x 3" in said.out and "12 frames" in said.out
    found = json.loads(motion("check", "tag", "m/train/frames.tsv", "--json").out)
    assert found["items"] == {"kind": "video", "dims": [32, 32, 3]}
    assert sum(found["train"]["labels"].values()) == 20 * found["train"]["rows"]


def test_films_are_labelled_by_table_folder_and_file(motion: Callable) -> None:
    train = motion("train", "classify", "m/train/labels.tsv", "--arch", "lrcn", *SMALL, "--out", "r")
    assert train.code == 0, train.err
    told = [motion("predict", "r", what).out for what in ("m/valid/labels.tsv", "m/valid/clips")]
    rows = [dict(line.split("\t") for line in out.splitlines()) for out in told]
    assert list(rows[0]) == [f"clips/{number:04}.mp4" for number in range(1, 11)]
    assert list(rows[0].values()) == list(rows[1].values())
    alone = motion("predict", "r", "m/valid/clips/0003.mp4").out
    assert alone == f"0003.mp4\t{rows[0]['clips/0003.mp4']}\n"
    typed = motion("predict", "r", stdin="m/valid/clips/0003.mp4\n").out
    assert typed == f"{rows[0]['clips/0003.mp4']}\n"
    broken = motion("predict", "r", "m/valid/none.mp4")
    assert broken.code == 2 and broken.err.endswith("m/valid/none.mp4: no such file or folder.\n")


def test_frames_are_labelled_one_by_one(motion: Callable) -> None:
    train = motion("train", "tag", "m/train/frames.tsv", *SMALL, "--out", "r")
    assert train.code == 0, train.err
    lines = [line.split("\t") for line in motion("predict", "r", "m/valid/frames.tsv", "--proba").out.splitlines()]
    assert [line[0] for line in lines] == [f"turns/{number:04}.mp4" for number in range(1, 11)]
    for _, labels, sure in lines:
        assert len(labels.split()) == len(sure.split()) == 20 and all(0 < float(one) <= 1 for one in sure.split())
    answer = json.loads(motion("predict", "r", "m/valid/turns/0001.mp4", "--json").out)
    assert answer == {"file": "0001.mp4", "labels": lines[0][1].split()}
    assert motion("predict", "r", "m/valid/turns", "--threshold", "0.5").code == 2
    assert motion("evaluate", "r", "m/valid/frames.tsv").code == 0


def test_numbers_of_films_bear_their_names(motion: Callable) -> None:
    lines = Path("m/train/labels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [f"{line.split(chr(9))[0]}\t{number}.5\n" for number, line in enumerate(lines)]
    Path("m/train/scores.tsv").write_text("path\tscore\n" + "".join(rows), encoding="utf-8")
    train = motion("train", "regress", "m/train/scores.tsv", *SMALL, "-s", "heads.number=normal", "--out", "r")
    assert train.code == 0, train.err
    told = motion("predict", "r", "m/valid/clips")
    assert "columns: file, number, low" in told.err
    assert [line.split("\t")[0] for line in told.out.splitlines()] == [f"{number:04}.mp4" for number in range(1, 11)]
    found = json.loads(motion("predict", "r", "m/valid/clips/0003.mp4", "--json").out)
    assert found["file"] == "0003.mp4" and f"{found['number']:.6g}" == told.out.splitlines()[2].split("\t")[1]
