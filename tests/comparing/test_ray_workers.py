"""Ray workers: a comparison on a local cluster of two nodes is the comparison of one machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seqloom.comparing import ray_workers
from seqloom.comparing.compare import compare, resumed
from seqloom.comparing.job import Job, describe
from seqloom.comparing.ray_workers import RayWorkers, remotely, workers_of
from seqloom.errors import InputError, ResourceError
from seqloom.training.run import fit, load

SMALL = ["source.size=8", "source.tokens=word", "encoder.layers=1"]


def reviews(folder: Path) -> Path:
    path = folder / "리뷰.tsv"
    rows = "".join(f"a {('좋은', '나쁜')[n % 2]} film {n % 7}\t{'pn'[n % 2]}\n" for n in range(80))
    path.write_text("text\tlabel\n" + rows, encoding="utf-8")
    return path


def test_workers_are_a_number_or_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    assert workers_of("3") == (3, None)
    for text in ("0", "-1", "two", "rays", ""):
        with pytest.raises(InputError, match="give how many runs at once, such as 2, or a cluster"):
            workers_of(text)
    monkeypatch.setattr(RayWorkers, "count", lambda self: 7)
    count, found = workers_of("ray://head:10001", ["fit.threads=2", "fit.threads=4", "fit.device=cpu"])
    assert count == 7 and found is not None and (found.address, found.threads, found.gpus) == ("ray://head:10001", 4, 0)


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[ray\]'"):
        workers_of("ray")


def test_jobs_that_ask_for_more_than_there_is_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cluster:
        def __init__(self, **has: float) -> None:
            self.has = has

        def cluster_resources(self) -> dict[str, float]:
            return self.has

    monkeypatch.setattr(ray_workers, "connected", lambda address: Cluster(CPU=9, GPU=2))
    assert RayWorkers("ray", 2).count() == 2 and RayWorkers("ray", 2, gpus=0).count() == 4
    with pytest.raises(ResourceError, match=r"the cluster has 9 CPUs, and a job asks for 10 \(fit\.threads\)"):
        RayWorkers("ray", 10).count()


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    ray = pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        nodes.add_node(num_cpus=1)
        yield nodes.address
    finally:
        ray.shutdown()
        nodes.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_two_nodes_gives_what_one_process_does(cluster: str, tmp_path: Path) -> None:
    data = reviews(tmp_path)
    workers, runner = workers_of(f"ray={cluster}", ["fit.device=cpu"])
    assert workers == 2 and runner is not None
    said: list[str] = []
    options: dict[str, Any] = {"seeds": 3, "budget": "20steps", "tune": 0, "settings": SMALL, "cost_seconds": 0.0}
    out = tmp_path / "cmp"
    found = compare("classify", str(data), "rnn,gru", out=str(out), runner=runner, say=said.append, **options)
    cells = found.to_dict()["cells"]
    assert [(cell["arch"], cell["seed"], cell["status"]) for cell in cells if cell["status"] != "done"] == []
    assert len(cells) == 6
    records = [json.loads(path.read_text(encoding="utf-8")) for path in (out / "cells").glob("*.json")]
    assert len({record["node"] for record in records}) == 2, "both nodes had something to do"

    grid = found.grid
    alone = fit(**grid.plan_words("gru", grid.budget, 8, None), out=str(tmp_path / "alone"))
    theirs = load(out / "cells/gru-seed-8")
    assert all(a.equal(b) for a, b in zip(alone.model.parameters(), theirs.model.parameters(), strict=True))

    before = {path: path.stat().st_mtime_ns for path in (out / "cells").glob("*.json")}
    (out / "cells/rnn-seed-7.json").unlink()
    resumed(str(out), runner=runner, say=said.append)
    after = {path: path.stat().st_mtime_ns for path in (out / "cells").glob("*.json")}
    assert [path.name for path in after if after[path] != before[path]] == ["rnn-seed-7.json"]
    assert any("5 of 6 runs are there already" in note for note in said)


def deadly(*words: Any) -> None:
    """Kill the process of a task, as a node does that has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_fails_or_is_killed_on_a_node_is_a_row(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    data = reviews(tmp_path)
    runner = RayWorkers(f"ray={cluster}", gpus=0)
    options: dict[str, Any] = {"seeds": 1, "budget": "3steps", "tune": 0, "settings": SMALL, "cost_seconds": 0.0}
    out = tmp_path / "cmp"
    found = compare("classify", str(data), "gru,gru+fit.lr=1e30", out=str(out), runner=runner, **options)
    states = {cell["arch"]: cell for cell in found.to_dict()["cells"]}
    assert states["gru"]["status"] == "done"
    (out / "cells/gru-seed-7.json").unlink()
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    monkeypatch.setattr(ray_workers, "remotely", deadly)
    again = resumed(str(out), runner=runner).to_dict()["cells"]
    lost = next(cell for cell in again if cell["arch"] == "gru")
    assert lost["status"] == "failed" and "the cluster lost it: " in lost["error"]
    monkeypatch.undo()
    mended = resumed(str(out), runner=runner, retry=True).to_dict()["cells"]
    assert next(cell for cell in mended if cell["arch"] == "gru")["status"] == "done"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_nodes_need_the_same_disk_and_the_same_version(cluster: str, tmp_path: Path) -> None:
    import ray

    ray_workers.connected(f"ray={cluster}")
    task = ray.remote(remotely)
    told = {"arch": "gru", "seed": 7, "rate": None, "tried": False}
    describe(tmp_path, Job(**told), 1)
    here = str(tmp_path)
    forbidden, _ = ray.get(task.remote("/nowhere/at/all", here, told, 1, ray_workers.__version__))
    assert "/nowhere/at/all is not there on node" in forbidden
    forbidden, node = ray.get(task.remote(here, here, told, 1, "0.0.0"))
    assert f"node {node} has Seqloom {ray_workers.__version__}, and the comparison 0.0.0" in forbidden


def test_a_cluster_that_does_not_answer_is_said() -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        for address in (f"ray=127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
            with pytest.raises(ResourceError, match=f"--workers {address}: no such cluster answers"):
                workers_of(address)
    for address in ("ray=head", "ray://", "ray=:1", "ray=head:port"):
        with pytest.raises(InputError, match=r"a cluster is host:port"):
            workers_of(address)


@pytest.mark.slow
def test_a_signal_ends_it_and_what_was_trained_is_gone_on_with(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    data, out = reviews(tmp_path), tmp_path / "cmp"
    settings = [*SMALL, "fit.valid_every=5", "fit.save_every=5"]
    code = (
        "from seqloom.cli.main import main; from seqloom.comparing.compare import compare; "
        "from seqloom.comparing.ray_workers import RayWorkers; "
        f"compare('classify', {str(data)!r}, 'gru', seeds=1, budget='100000steps', tune=0, settings={settings!r}, "
        f"out={str(out)!r}, runner=RayWorkers('ray', gpus=0), cost_seconds=0.0)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    checkpoints = out / "cells/gru-seed-7/checkpoints"
    deadline = time.monotonic() + 200
    while not any(int(one.name[5:]) for one in checkpoints.glob("step-*")):
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=150)
    assert process.returncode != 0 and "what was done is kept in" in err, err
    assert not (out / "cells/gru-seed-7.json").exists(), "it is not over, so nothing is kept of it"
    assert any(int(one.name[5:]) > 0 for one in checkpoints.glob("step-*"))
