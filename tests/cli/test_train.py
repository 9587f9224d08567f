"""train: what is trained is what was asked for, what was asked for wrongly is said, and a run says what comes next."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from seqloom.cli.train import Wish

FAST = ["--steps", "2", "-s", "source.size=4", "-s", "source.tokens=char"]


@pytest.fixture
def here(seqloom: Callable, trained: Path, tmp_path: Path) -> Path:
    """Return the folder where commands run, with the data and the runs in it."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path


def spec(folder: str) -> dict:
    values = yaml.safe_load(Path(folder, "spec.yaml").read_text(encoding="utf-8"))
    assert isinstance(values, dict)
    return values


def test_a_run_is_made_and_says_what_comes_next(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("train", "classify", "reviews.tsv", "--arch", "lstm", *FAST)
    assert code == 0
    assert out.split()[:2] == ["run", "runs/classify-lstm-1"] and "valid accuracy" in out
    assert "  seqloom predict runs/classify-lstm-1 [FILE]\n  seqloom evaluate runs/classify-lstm-1 [FILE]" in out
    assert "step 1" in err and "column names (text, label)" in err
    again = seqloom("train", "classify", "reviews.tsv", "--arch", "lstm", *FAST).out
    assert again.split()[:2] == ["run", "runs/classify-lstm-2"]


def test_json_is_one_document(seqloom: Callable, here: Path) -> None:
    found = json.loads(seqloom("train", "classify", "reviews.tsv", "--arch", "bag", *FAST, "--json").out)
    assert (
        found["run"] == "runs/classify-bag-1"
        and found["steps"] == 2
        and found["seconds"] > 0
        and found["parameters"] > 0
    )
    assert 0 <= found["metrics"]["accuracy"] <= 1 and found["task"] == "classify" and found["arch"] == "bag"


def test_options_become_the_spec(seqloom: Callable, here: Path) -> None:
    options = ["--seed", "3", "--device", "cpu", "--valid", "0.2", "--on-bad-row", "skip", "--format", "tsv"]
    assert seqloom("train", "classify", "reviews.tsv", "-o", "runs/새것", *FAST, *options).code == 0
    made = spec("runs/새것")
    assert (made["fit"]["seed"], made["fit"]["steps"], made["fit"]["device"]) == (3, 2, "cpu")
    assert (made["data"]["valid"], made["data"]["on_bad_row"], made["data"]["format"]) == (0.2, "skip", "tsv")
    assert made["source"]["size"] == 4 and made["source"]["column"] == ["text"]
    assert "epochs" not in made["fit"], "a budget replaces the one of the task"


def test_columns_are_named(seqloom: Callable, here: Path) -> None:
    line = ["train", "classify", "pairs.tsv", "--text-column", "q2", "--label-column", "q1", "-o", "r", *FAST]
    assert seqloom(*line).code == 0
    assert spec("r")["source"]["column"] == ["q2"] and spec("r")["target"]["column"] == "q1"


def test_a_spec_trains_again(seqloom: Callable, here: Path) -> None:
    assert seqloom("train", "classify", "reviews.tsv", "-o", "a", "--arch", "mgu", *FAST).code == 0
    assert seqloom("train", "--config", "a/spec.yaml", "-o", "b").code == 0
    assert spec("a") == spec("b")
    assert Path("a/model.safetensors").read_bytes() == Path("b/model.safetensors").read_bytes()


def test_what_show_prints_is_a_config(seqloom: Callable, here: Path) -> None:
    Path("my.yaml").write_text(seqloom("show", "bigru", "--task", "classify").out)
    assert seqloom("train", "classify", "reviews.tsv", "-c", "my.yaml", "-o", "r", *FAST).code == 0
    assert spec("r")["encoder"] == {"kind": "gru", "size": 128, "bidirectional": True}


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["clasify", "reviews.tsv"], 2, "unknown task 'clasify'; did you mean 'classify'?"),
        (["reviews.tsv"], 2, "unknown task 'reviews.tsv'"),
        (["classify"], 2, "classify on which data? Say: seqloom train classify DATA"),
        (["classify", "review.tsv"], 2, "no file review.tsv; did you mean 'reviews.tsv'?"),
        (["classify", "reviews.tsv", "--arch", "blstm"], 2, "unknown architecture 'blstm'; did you mean 'bilstm'?"),
        (["language", "hello.txt", "--arch", "bilstm"], 2, "architecture 'bilstm' cannot do this task"),
        (["classify", "reviews.tsv", "-s", "encoder.sise=3"], 2, "has no option 'sise'; did you mean 'size'?"),
        (["classify", "reviews.tsv", "-s", "fit.step=3"], 2, "unknown key 'fit.step'; did you mean 'steps'?"),
        (["classify", "reviews.tsv", "-s", "encoder.size"], 2, "write key=value, such as -s encoder.size=256"),
        (["classify", "reviews.tsv", "--device", "gpu"], 2, "fit.device='gpu' cannot be used"),
        (["classify", "reviews.tsv", "--label-column", "lable"], 2, "no column 'lable'; did you mean 'label'?"),
        (["classify", "reviews.tsv", "--epochs", "-1"], 2, "fit.epochs=-1"),
        (["classify", "reviews.tsv", "--out", "runs/리뷰"], 2, "holds a run already. Add --resume to go on with it"),
        (["classify", "reviews.tsv", "--init", "runs/리부"], 3, "Did you mean runs/리뷰?"),
        (["classify", "reviews.tsv", "--init", "runs/hello"], 2, "runs/hello"),
        (["--config", "none.yaml"], 2, "none.yaml: no such file."),
        (["--resume"], 2, "--resume needs the run to go on with: --out RUN."),
        (["--resume", "--out", "runs/리부"], 3, "there is no such run. Did you mean runs/리뷰?"),
        (["--resume", "--out", "runs/리뷰", "--init", "runs/hello"], 2, "choose one of them"),
        (
            ["classify", "reviews.tsv", "--resume", "--out", "runs/리뷰", "--steps", "99"],
            2,
            "fit.steps is 60 there and 99 here",
        ),
        (["language", "reviews.tsv", "--resume", "--out", "runs/리뷰"], 2, "--resume goes on with runs/리뷰"),
    ],
)
def test_wrong_wishes_are_said(seqloom: Callable, here: Path, line: list[str], code: int, said: str) -> None:
    before = sorted(Path("runs").iterdir())
    answer = seqloom("train", *line)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err and "Traceback" not in answer.err
    assert sorted(Path("runs").iterdir()) == before, "nothing is left behind"


def test_resume_knows_the_run_by_its_folder(seqloom: Callable, here: Path) -> None:
    code, out, err = seqloom("train", "--resume", "--out", "runs/리뷰")
    assert code == 0 and out.split()[:2] == ["run", "runs/리뷰"], err


def test_resume_takes_the_same_command_again(seqloom: Callable, here: Path) -> None:
    line = ["train", "classify", "reviews.tsv", "--arch", "bag", "-o", "again", *FAST]
    assert seqloom(*line).code == 0
    weights = Path("again/model.safetensors").read_bytes()
    answer = seqloom(*line, "--resume")
    assert answer.code == 0, answer.err
    assert Path("again/model.safetensors").read_bytes() == weights


def test_init_starts_from_the_weights_of_another_run(seqloom: Callable, here: Path) -> None:
    line = ["train", "classify", "reviews.tsv", "--arch", "bag", "--steps", "1", "-s", "fit.lr=1e-9"]
    assert seqloom(*line, "-o", "first", "--seed", "1").code == 0
    assert seqloom(*line, "-o", "second", "--seed", "1", "--init", "first").code == 0
    loss = [json.loads(seqloom("evaluate", run, "reviews.tsv", "--json").out)["loss"] for run in ("first", "second")]
    assert loss[0] == pytest.approx(loss[1], rel=1e-5)


def test_settings_of_options_come_first_so_that_s_wins() -> None:
    wish = Wish("classify", "x", None, None, None, ("fit.steps=9",), {}).with_fit(steps=3, seed=None)
    assert wish.settings == ("fit.steps=3", "fit.steps=9")
