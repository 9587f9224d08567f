"""A whole comparison on made data: planned, trained in processes, measured, judged, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import seqloom
from seqloom.comparing.compare import compare, resumed
from seqloom.comparing.comparison import Comparison, command
from seqloom.comparing.grid import Grid
from seqloom.comparing.prepare import prepare
from seqloom.errors import InputError

SMALL = ("source.size=8", "fit.batch_tokens=256", "source.tokens=word")


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviews whose label is a word of theirs; which word a reader must know."""
    path = tmp_path_factory.mktemp("리뷰") / "리뷰.tsv"
    words = ["좋은", "멋진", "훌륭한"], ["나쁜", "지루한", "끔찍한"]
    rows = [f"정말 {words[n % 2][n % 3]} 영화 {n % 17}\t{('긍정', '부정')[n % 2]}" for n in range(240)]
    path.write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two architectures, of which one cannot be trained at its rate."""
    said: list[str] = []
    out = str(tmp_path_factory.mktemp("out") / "c")
    result = compare(
        "classify",
        str(reviews),
        "bag,rnn+fit.lr=1e36",
        seeds=2,
        budget="30steps",
        tune=2,
        test=0.25,
        settings=SMALL,
        cost_seconds=0.5,
        out=out,
        workers=2,
        say=said.append,
    )
    assert any("2 architectures x 2 seeds x 30 updates = 120 updates, and 2 learning rates" in one for one in said)
    return result


def test_a_comparison_tells_quality_cost_and_failures(found: Comparison) -> None:
    told = found.to_dict()
    bag, rnn = told["archs"]
    assert bag["seeds"] == 2 and bag["failed"] == [] and 0 <= bag["mean"] <= 1
    assert bag["low"] <= bag["mean"] <= bag["high"]
    assert rnn["seeds"] == 0 and len(rnn["failed"]) == 2 and "finite" in rnn["failed"][0]
    assert told["measured_on"] == "test" and told["measure"]["name"] == "accuracy"
    done = [one for one in told["cells"] if one["status"] == "done"]
    assert {one["items"] for one in done} == {len(next(iter(found.items.values())).stats)}
    assert all(one["quality"] == pytest.approx(one["metrics"]["accuracy"]) for one in done)
    assert [one["lr"] for one in done[0]["tuned"]] == [0.000333333, 0.001]
    assert bag["cost"]["latency_p50"] > 0 and bag["cost"]["memory"] > 0
    assert "rnn+fit.lr=1e36 failed with all of 2 seeds" in " ".join(told["verdict"])
    assert json.loads((found.folder / "comparison.json").read_text())["archs"][0]["arch"] == "bag"
    assert "긍정" in (found.folder / "comparison.md").read_text(encoding="utf-8")


def test_runs_share_what_is_held_out_and_are_runs(found: Comparison) -> None:
    runs = [seqloom.load(found.folder / job.name) for job in found.items]
    assert {run.spec.data.split for run in runs} == {7} and {run.spec.fit.seed for run in runs} == {7, 8}
    assert all(run.spec.fit.patience is None and run.spec.fit.steps == 30 for run in runs)
    first, second = (one.lengths for one in found.items.values())
    assert (first == second).all()


def test_the_command_asks_for_the_same_plan(found: Comparison, reviews: Path) -> None:
    said = command(found.grid)
    assert said.startswith("seqloom compare classify") and "--archs bag,rnn+fit.lr=1e36 --seeds 2" in said
    assert "--budget 30steps --tune 2 --test 0.25" in said and "--cost-seconds 0.5" in said
    assert "--cost-seconds" not in command(found.grid.model_copy(update={"cost_seconds": 10.0}))


def test_going_on_with_a_whole_comparison_does_nothing(found: Comparison) -> None:
    before = {path: path.stat().st_mtime_ns for path in found.folder.glob("cells/*.json")}
    again = resumed(str(found.folder))
    assert {path: path.stat().st_mtime_ns for path in found.folder.glob("cells/*.json")} == before
    assert again.to_dict()["archs"][0]["mean"] == found.to_dict()["archs"][0]["mean"]


def test_what_cannot_be_compared_is_refused_before_anything_is_trained(reviews: Path, tmp_path: Path) -> None:
    def refused(said: str, *words: object, **more: object) -> None:
        with pytest.raises(InputError, match=said):
            compare("classify", str(reviews), *words, out=str(tmp_path / "none"), **more)  # type: ignore[arg-type]
        assert not (tmp_path / "none").exists()

    refused("grru", "grru")
    refused("gnmt: .*cannot do this task", "gru,gnmt")
    refused("choose one", "gru", budget="5m", total="9m")
    refused("no unit", "gru", budget="5")
    refused("one at least", "gru", workers=0)
    refused("each once", "gru", seeds=[1, 1])
    refused("bleu", "gru", metric="bleu", settings=SMALL)
    refused("write params=1M", "gru", match="params=tiny")
    refused(r"^fit\.seed=3: the seeds are --seeds", "gru", settings=["fit.seed=3"])
    refused(r"^fit\.steps=9: .* --budget", "gru", settings=["fit.steps=9"], budget="5steps")
    refused(r"^fit\.minutes=9: .* --budget", "gru+fit.minutes=9", budget="5m")
    refused(r"^fit\.patience=2: .* early", "gru", settings=["fit.patience=2"])
    refused(r"^data\.test=0\.1: .* --test", "gru", settings=["data.test=0.1"])
    refused(r"gru\+fit\.epochs=9: fit\.epochs is for all alike: -s fit\.epochs=9", "rnn,gru+fit.epochs=9")
    refused(r"data\.split is for all alike", "rnn,gru+data.split=3")
    refused("between 0 and 1", "gru", test=0.0)
    refused("-2 is below 0", "gru", seeds=[-2, 1])
    refused("bag: encoder bag has no option 'size'", "gru,bag", settings=["encoder.size=8"])


def test_a_test_part_that_a_spec_names_is_measured_on(reviews: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("task: classify\narch: bag\ndata:\n  test: 0.2\n", encoding="utf-8")
    said: list[str] = []
    grid = Grid(
        task="classify", data=str(reviews), archs=["bag"], seeds=[7], steps=5, config=str(tmp_path / "own.yaml")
    )
    assert prepare(grid, said.append).grid.test == 0.2
    assert "everything is measured on data.test=0.2, on which nothing is chosen" in said
    assert prepare(grid.model_copy(update={"test": 0.3}), said.append).specs["bag"].data.test == 0.3


def test_a_folder_that_is_taken_is_left_alone(found: Comparison, reviews: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Add --resume"):
        compare("classify", str(reviews), "bag", out=str(found.folder))
    with pytest.raises(InputError, match=r"seeds is \[7, 8\] there and \[7, 8, 9\] here"):
        compare(
            "classify",
            str(reviews),
            "bag,rnn+fit.lr=1e36",
            seeds=3,
            budget="30steps",
            tune=2,
            test=0.25,
            settings=SMALL,
            cost_seconds=0.5,
            out=str(found.folder),
            resume=True,
        )
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds other files"):
        compare("classify", str(reviews), "bag", out=str(tmp_path))


def test_widths_are_matched(reviews: Path, tmp_path: Path) -> None:
    found = compare(
        "classify",
        str(reviews),
        "gru,rnn",
        seeds=1,
        budget="5steps",
        tune=0,
        cost_seconds=0,
        match="params=6k",
        settings=["source.size=8", "source.tokens=char", "fit.batch_tokens=512"],
        out=str(tmp_path / "c"),
        workers=2,
    )
    counts = [one["parameters"] for one in found.to_dict()["archs"]]
    assert max(counts) / min(counts) <= 1.02 and all(abs(one - 6000) <= 60 for one in counts)


def test_going_on_finds_the_same_widths(reviews: Path) -> None:
    """A plan that is read back holds its widths; none must be taken as an architecture's own."""
    grid = Grid(task="classify", data=str(reviews), archs=["gru", "rnn"], seeds=[7], steps=5, settings=list(SMALL))
    for match in ("params=6k", "params=gru"):
        first = prepare(grid.model_copy(update={"match": match}), lambda note: None).grid
        assert first.sized["rnn"]
        assert prepare(first, lambda note: None).grid.sized == first.sized


@pytest.mark.slow
def test_a_comparison_that_is_stopped_goes_on(reviews: Path, tmp_path: Path) -> None:
    out = tmp_path / "c"
    words = [sys.executable, "-m", "seqloom.cli.main", "compare", "classify", str(reviews), "--archs", "bag,gru"]
    words += ["--seeds", "1", "--budget", "300steps", "--tune", "0", "--out", str(out), "--no-html"]
    for setting in SMALL:
        words += ["-s", setting]
    runner = "import sys; from seqloom.cli.main import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", runner, *words[3:]], stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    deadline = time.time() + 120
    while not (out / "cells" / "gru-seed-7" / "checkpoints").exists() and time.time() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130 and "seqloom compare --resume --out" in said
    assert (out / "cells" / "bag-seed-7.json").exists() and not (out / "cells" / "gru-seed-7.json").exists()
    kept = (out / "cells" / "bag-seed-7.json").stat().st_mtime_ns
    found = resumed(str(out))
    assert (out / "cells" / "bag-seed-7.json").stat().st_mtime_ns == kept
    assert [one["status"] for one in found.records.values()] == ["done", "done"]
    assert [one["steps"] for one in found.records.values()] == [300, 300]


def test_what_the_data_settles_is_settled_for_every_architecture(tmp_path: Path) -> None:
    """The head of a tagger depends on its tags; every architecture must learn so for itself."""
    rows = [f"fly to {city}{n}\tO O B-city" for n in range(20) for city in ("서울", "부산")]
    (tmp_path / "t.tsv").write_text("words\ttags\n" + "\n".join(rows) + "\n", encoding="utf-8")
    grid = Grid(task="tag", data=str(tmp_path / "t.tsv"), archs=["gru", "lstm", "rnn"], seeds=[7], steps=5)
    said: list[str] = []
    prepare(grid, said.append)
    assert sum(one.endswith(" parameters") for one in said) == 3
    prepare(grid.model_copy(update={"match": "params=gru"}), said.append)
    counts = [int(one.split(" ")[1].replace(",", "")) for one in said if " parameters by " in one]
    assert len(counts) == 3 and max(counts) / min(counts) <= 1.02
