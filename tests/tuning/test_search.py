"""Search: what it finds, keeps, gives up, goes on with and refuses."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from seqloom.errors import CheckpointError, InputError, ResourceError
from seqloom.training import run as training
from seqloom.training.run import load, plan
from seqloom.tuning import search as searching
from seqloom.tuning.found import Found
from seqloom.tuning.plan import alone
from seqloom.tuning.search import resumed, tune

from .conftest import SMALL


def searched(reviews: Path, out: Path, search: list[str], *settings: str, **options: Any) -> tuple[Found, list[str]]:
    said: list[str] = []
    found = tune(
        "classify",
        str(reviews),
        arch="gru",
        search=search,
        settings=[*SMALL, *settings],
        out=str(out),
        say=said.append,
        **options,
    )
    return found, said


def test_it_finds_the_learning_rate_that_learns_and_keeps_that_run(reviews: Path, tmp_path: Path) -> None:
    found, said = searched(reviews, tmp_path / "t", ["fit.lr=1e-6,0.02,1e-5"])
    assert found.best is not None and found.best["settings"] == ["fit.lr=0.02"] and found.ended == "all"
    assert [row["state"] for row in found.rows] == ["done"] * 3 and len({tuple(r["settings"]) for r in found.rows}) == 3
    run = load(tmp_path / "t/best")
    assert run.spec.fit.lr == 0.02 and run.evaluate()["loss"] == pytest.approx(found.best["value"], abs=1e-5)
    others = [row["value"] for row in found.rows if row["number"] != found.best["number"]]
    assert min(others) > found.best["value"] + 0.02
    assert not (tmp_path / "t/trials").exists()
    kept = json.loads((tmp_path / "t/tuning.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(found.to_dict()))
    assert sum("training" in note and "of 20" in note for note in said) == 3


def test_best_yaml_trains_the_same_model_again(reviews: Path, tmp_path: Path) -> None:
    found, _ = searched(reviews, tmp_path / "t", ["fit.lr=0.01,0.02", "arch=gru,bag"], "fit.patience=null", trials=3)
    assert found.best is not None
    path = tmp_path / "t/best.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [f"fit.lr={spec['fit']['lr']}", f"arch={spec['arch']}"] == found.best["settings"]
    again = training.fit("classify", str(reviews), config=str(path), out=str(tmp_path / "again"))
    best = load(tmp_path / "t/best")
    for one, other in zip(again.model.parameters(), best.model.parameters(), strict=True):
        assert one.equal(other)


def test_what_a_template_sets_and_the_search_switched_off_stays_off(reviews: Path, tmp_path: Path) -> None:
    spec, _ = plan("classify", str(reviews), settings=["fit.patience=null", "fit.clip=null", "data.valid=0.2"])
    assert spec.fit.patience is None and plan("classify", str(reviews))[0].fit.patience is not None
    alone(spec, tmp_path / "best.yaml")
    again, _ = plan("classify", str(reviews), config=str(tmp_path / "best.yaml"))
    assert again == spec


def test_the_first_training_is_what_the_spec_says(reviews: Path, tmp_path: Path) -> None:
    found, _ = searched(reviews, tmp_path / "t", ["fit.lr=1e-4..1e-1:log", "encoder.layers=1..2"], trials=2)
    assert len(found.rows) == 2 and found.given is not None and found.given["number"] == 1
    assert found.rows[0]["settings"] == ["fit.lr=0.001", "encoder.layers=1"]
    other, _ = searched(reviews, tmp_path / "o", ["fit.lr=0.01..0.1:log"], trials=1)
    assert other.given is None, "what it says is not in the space"


def test_the_same_seed_proposes_the_same(reviews: Path, tmp_path: Path) -> None:
    space = ["fit.lr=1e-4..1e-1:log"]
    runs = [searched(reviews, tmp_path / str(n), space, trials=3, seed=seed)[0] for n, seed in enumerate((1, 1, 2))]
    settings = [[row["settings"] for row in found.rows] for found in runs]
    assert settings[0] == settings[1] != settings[2]
    assert [row["value"] for row in runs[0].rows] == [row["value"] for row in runs[1].rows]


def test_bad_trainings_are_given_up_once_there_are_others(reviews: Path, tmp_path: Path) -> None:
    space = ["fit.lr=0.01,0.011,0.012,0.013,1e-6,2e-6,3e-6"]
    found, _ = searched(reviews, tmp_path / "t", space, "fit.valid_every=2", trials=7)
    given_up = [row for row in found.rows if row["state"] == "pruned"]
    assert len({row["settings"][0] for row in found.rows}) == 7 and given_up
    assert all(row["number"] > 4 and 6 <= row["steps"] < 20 for row in given_up)
    for row in given_up:
        before = [dict(one["course"]) for one in found.rows[: row["number"] - 1]]
        tenth, value = row["course"][-1]
        assert value > statistics.median(one[tenth] for one in before if tenth in one)
    assert found.best is not None and found.best["state"] == "done"
    none, _ = searched(reviews, tmp_path / "n", space, "fit.valid_every=2", trials=7, prune=False)
    assert none.counts() == {"done": 7}


def test_an_architecture_is_searched_without_the_keys_that_it_has_not(reviews: Path, tmp_path: Path) -> None:
    small = [one for one in SMALL if "encoder" not in one]
    space = ["arch=bag,gru", "encoder.size=4,8"]
    found = tune("classify", str(reviews), search=space, settings=small, out=str(tmp_path / "t"))
    settings = {tuple(row["settings"]) for row in found.rows}
    assert settings == {("arch=bag",), ("arch=gru", "encoder.size=4"), ("arch=gru", "encoder.size=8")}
    assert found.ended == "all" and found.counts() == {"done": 3}


def test_a_training_that_fails_is_a_row(reviews: Path, tmp_path: Path) -> None:
    found, said = searched(reviews, tmp_path / "t", ["encoder.layers=1,0"])
    failed = next(row for row in found.rows if row["state"] == "failed")
    assert failed["settings"] == ["encoder.layers=0"] and "layers=0" in failed["error"] and failed["value"] is None
    assert found.counts() == {"done": 1, "failed": 1} and any("encoder.layers=0: failed: " in note for note in said)


def test_what_an_accident_raises_is_a_row_too(reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqloom.tuning import trial

    whole = trial.fit

    def broken(**words: Any) -> Any:
        if "fit.lr=0.02" in words["settings"]:
            raise RuntimeError("딱")
        return whole(**words)

    monkeypatch.setattr(trial, "fit", broken)
    found, _ = searched(reviews, tmp_path / "t", ["fit.lr=0.01,0.02"])
    assert [row["error"] for row in found.rows if row["state"] == "failed"] == ["RuntimeError: 딱"]


def test_a_search_of_failures_alone_ends_soon(reviews: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the first 3 trainings failed, the last: .*no option 'sizes'"):
        searched(reviews, tmp_path / "t", ["encoder.sizes=1..9"], trials=9)
    with pytest.raises(InputError, match="every training failed, the last: encoder gru: layers="):
        searched(reviews, tmp_path / "o", ["encoder.layers=0,-1"])


def test_the_time_is_kept_and_what_runs_then_is_ended(reviews: Path, tmp_path: Path) -> None:
    one, _ = searched(reviews, tmp_path / "t", ["fit.lr=1e-3..1e-1:log"], trials=1)
    most = one.rows[0]["seconds"] + 2
    found = resumed(str(tmp_path / "t"), minutes=most / 60)
    assert found.ended == "minutes" and found.plan.trials is None and len(found.rows) > 1
    assert found.rows[-1]["state"] in ("ended", "done")
    assert most <= sum(row["seconds"] + 0.01 for row in found.rows)  # told to a hundredth
    with pytest.raises(ResourceError, match=r"no training came to its end \(1 ended\): give more --minutes, or make"):
        searched(reviews, tmp_path / "o", ["fit.lr=1e-3..1e-1:log"], "fit.steps=100000", minutes=1 / 60)
    more = resumed(str(tmp_path / "t"), trials=len(found.rows) + 1)
    assert len(more.rows) == len(found.rows) + 1 and more.ended == "trials"


def test_it_goes_on_where_it_stopped(reviews: Path, tmp_path: Path) -> None:
    whole, _ = searched(reviews, tmp_path / "w", ["fit.lr=0.001,0.01,0.02"])
    first, _ = searched(reviews, tmp_path / "t", ["fit.lr=0.001,0.01,0.02"], trials=1)
    before = (tmp_path / "t/best/model.safetensors").stat().st_mtime_ns
    assert first.ended == "trials" and resumed(str(tmp_path / "t")).rows == first.rows, "nothing is done twice"
    assert (tmp_path / "t/best/model.safetensors").stat().st_mtime_ns == before
    rest = resumed(str(tmp_path / "t"), trials=3)
    assert [row["value"] for row in rest.rows[:1]] == [first.rows[0]["value"]]
    assert sorted((row["settings"], row["value"]) for row in rest.rows) == sorted(
        (row["settings"], row["value"]) for row in whole.rows
    )


def test_a_search_that_goes_on_must_find_the_same_rows(reviews: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(reviews.read_text(encoding="utf-8"), encoding="utf-8")
    searched(path, tmp_path / "t", ["fit.lr=0.001,0.01"], trials=1)
    path.write_text(reviews.read_text(encoding="utf-8").replace("plot", "story"), encoding="utf-8")
    with pytest.raises(InputError, match="its training rows are not those"):
        resumed(str(tmp_path / "t"), trials=2)
    with pytest.raises(CheckpointError, match="is no search: it has no tuning"):
        resumed(str(tmp_path / "none"))
    (tmp_path / "t/tuning.yaml").write_text("task: [", encoding="utf-8")
    with pytest.raises(CheckpointError, match="is damaged"):
        resumed(str(tmp_path / "t"))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_training_that_was_stopped_is_gone_on_with(how: int, reviews: Path, tmp_path: Path) -> None:
    settings = [*SMALL, "fit.steps=4000", "fit.patience=null", "fit.valid_every=5", "fit.save_every=5"]
    code = (
        "from seqloom.tuning.search import tune; "
        f"tune('classify', {str(reviews)!r}, arch='gru', search=['fit.lr=0.001,0.002'], settings={settings!r}, "
        f"trials=1, out={str(tmp_path / 't')!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, env={**os.environ})
    events = tmp_path / "t/trials/0/events.jsonl"
    deadline = time.monotonic() + 60
    while not (events.is_file() and events.read_text(encoding="utf-8").count('"saved"') > 3):
        assert time.monotonic() < deadline and process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.05)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode != 0
    reached = max(int(one.name[5:]) for one in (tmp_path / "t/trials/0/checkpoints").glob("step-*"))
    assert 0 < reached < 4000
    plan_file = tmp_path / "t/tuning.yaml"
    plan_file.write_text(plan_file.read_text().replace("fit.steps=4000", f"fit.steps={reached + 20}"))
    spec_file = tmp_path / "t/trials/0/spec.yaml"
    spec_file.write_text(spec_file.read_text().replace("steps: 4000", f"steps: {reached + 20}"))
    found = resumed(str(tmp_path / "t"))
    assert len(found.rows) == 1 and found.rows[0]["state"] == "done" and found.rows[0]["steps"] == reached + 20
    kept = (tmp_path / "t/best/events.jsonl").read_text(encoding="utf-8").splitlines()
    assert any(json.loads(line).get("resumed_at") for line in kept)


def test_a_training_that_kills_its_process_twice_is_a_failure(reviews: Path, tmp_path: Path) -> None:
    from seqloom.tuning.proposals import Proposals
    from seqloom.tuning.space import spaces

    found, _ = searched(reviews, tmp_path / "t", ["fit.lr=0.001,0.01,0.02"], trials=1)
    for _ in range(2):  # begun, and never told of: what a kill leaves
        Proposals(tmp_path / "t", found.plan, spaces(found.plan.search)).next()
    more = resumed(str(tmp_path / "t"), trials=3)
    assert [row["state"] for row in more.rows] == ["done", "failed", "done"]
    assert "killed 2 times in the middle of it" in more.rows[1]["error"]


@pytest.mark.parametrize(
    ("search", "settings", "said"),
    [
        (["encoder.size"], [], "which values of which key"),
        (["encodr.size=8,16"], [], r"there is no key 'encodr\.size'; did you mean 'encoder'"),
        (["fit.lrr=8,16"], [], "fit has no 'lrr'; did you mean 'lr'"),
        (["data.valid=0.1,0.2"], [], r"so data\.valid cannot vary; set it with -s"),
        (["fit.metric=loss,accuracy"], [], r"so fit\.metric cannot vary"),
        (["fit.lr=0.1,0.2"], ["data.valid=0"], "tune chooses by validation"),
        (["fit.lr=0.1,0.2"], ["fit.metric=blue"], "unknown metric 'blue'"),
    ],
)
def test_what_cannot_be_searched_is_said_before_anything_is_written(
    search: list[str], settings: list[str], said: str, reviews: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        searched(reviews, tmp_path / "t", search, *settings)
    assert not (tmp_path / "t").exists()


def test_more_of_a_metric_may_be_better_and_tags_are_searched_too(reviews: Path, tmp_path: Path) -> None:
    found, _ = searched(reviews, tmp_path / "t", ["fit.lr=1e-6,0.02"], "fit.metric=accuracy")
    assert found.higher and found.best is not None and found.best["settings"] == ["fit.lr=0.02"]
    assert found.best["value"] == max(row["value"] for row in found.rows) > min(row["value"] for row in found.rows)
    assert load(tmp_path / "t/best").spec.fit.lr == 0.02
    path = tmp_path / "a.conll"
    path.write_text("".join(f"Anna B\nsaw O\nw{n} O\n\nKim B\nleft O\n\n" for n in range(40)), encoding="utf-8")
    small = ["fit.steps=3", "encoder.size=8", "source.size=8"]
    tags = tune("tag", str(path), search=["fit.lr=0.01,0.02"], settings=small, out=str(tmp_path / "tag"))
    assert tags.plan.metric != "auto" and tags.best is not None


def test_without_optuna_it_is_said_what_to_install(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[tune\]'"):
        searched(reviews, tmp_path / "t", ["fit.lr=0.1,0.2"])
    assert searching.TRIALS == 20
