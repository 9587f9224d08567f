"""runs: what is said where there is no run, and names for new ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.errors import CheckpointError, InputError
from seqloom.training.places import fresh, require


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def a_run(path: str) -> None:
    Path(path).mkdir(parents=True)
    (Path(path) / "spec.yaml").write_text("task: classify\n")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("runs/classify-lstm-3", "there is no such run. Did you mean runs/classify-lstm-1? Runs under runs/: "),
        ("classify-lstm-1", "there is no such run. Did you mean runs/classify-lstm-1?"),
        ("demo-lstm", "Runs under runs/: runs/classify-lstm-1, runs/demo/lstm."),
        ("runs/demo", "runs/demo is not a run folder: it has no spec.yaml. It holds these runs: runs/demo/lstm."),
        ("reviews.tsv", "reviews.tsv is a file; a run is a folder that 'seqloom train' has written."),
    ],
)
def test_a_missing_run_is_said_with_the_nearest(asked: str, said: str) -> None:
    a_run("runs/classify-lstm-1")
    a_run("runs/demo/lstm")
    Path("reviews.tsv").touch()
    with pytest.raises(CheckpointError) as caught:
        require(asked)
    assert said in str(caught.value)
    require("runs/classify-lstm-1")


def test_without_any_run_the_way_to_one_is_said() -> None:
    with pytest.raises(CheckpointError, match="There are none under runs/ yet: 'seqloom train' makes one"):
        require("runs/x")


def test_a_run_that_lacks_a_file_is_said(seqloom: Callable, trained: Path) -> None:
    shutil.copytree(trained / "runs" / "hello", "runs/part")
    Path("runs/part/MANIFEST.json").unlink()
    shutil.rmtree("runs/part/vocab")
    code, out, err = seqloom("evaluate", "runs/part")
    assert (code, out) == (3, "") and "runs/part" in err and "missing" in err


def test_the_first_free_number_is_taken() -> None:
    assert fresh(None, "classify-lstm") == Path("runs/classify-lstm-1")
    a_run("runs/classify-lstm-1")
    a_run("runs/classify-lstm-2")
    assert fresh(None, "classify-lstm") == Path("runs/classify-lstm-3")


def test_a_folder_named_must_be_free() -> None:
    a_run("runs/한글")
    Path("other").mkdir()
    assert fresh("other", "x") == Path("other") and fresh("new/deep", "x") == Path("new/deep")
    (Path("other") / "thesis.tex").touch()
    with pytest.raises(InputError, match="--out runs/한글 holds a run already"):
        fresh("runs/한글", "x")
    with pytest.raises(InputError, match="--out other holds other files"):
        fresh("other", "x")
    with pytest.raises(InputError, match="is a file; a run needs a folder"):
        fresh("other/thesis.tex", "x")
