"""Ray workers: the jobs of a comparison on a cluster of Ray (Moritz et al. 2018, arXiv:1712.05889).

Each job is a Ray task in a process of its own, by the same `do` as on one machine. Nothing is sent but the name of the
folder: the comparison's folder and the data must be there under the same paths on every machine (a shared disk), and
Seqloom in the same version. Ray decides where and when; what a node loses is a failed row.
"""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seqloom import __version__
from seqloom.comparing.conduct import LOOK, WAIT, Record
from seqloom.comparing.grid import key_of
from seqloom.comparing.job import Job, describe, do, failure, keep, record_of
from seqloom.errors import InputError, Interrupted, ResourceError
from seqloom.training.signals import watched

SCHEME = "ray"
ANSWER = 5.0
"""Seconds within which a cluster answers."""


class RayWorkers:
    """The CPUs and GPUs of a cluster.

    address  "ray": the cluster of this machine (RAY_ADDRESS, or `ray start`), and one of its own CPUs where there is
             none; "ray://host:10001": that of a Ray client server; "ray=host:6379": that of a head node
    threads  CPUs of each job
    gpus     GPUs of each job, where the cluster has any
    """

    def __init__(self, address: str, threads: int = 1, gpus: float = 1.0) -> None:
        self.address, self.threads, self.gpus = address, threads, gpus

    def count(self) -> int:
        """Return how many jobs run at once. Raises ResourceError where there is no such cluster."""
        has = connected(self.address).cluster_resources()
        at_once = int(has.get("CPU", 0)) // self.threads
        if has.get("GPU") and self.gpus:
            at_once = min(at_once, int(has["GPU"] / self.gpus))
        if at_once < 1:
            raise ResourceError(
                f"--workers {self.address}: the cluster has {has.get('CPU', 0):g} CPUs, and a job asks for "
                f"{self.threads} (fit.threads)."
            )
        return at_once

    def __call__(self, folder: Path, jobs: Sequence[Job], done: Callable[[Job, Record], None]) -> None:
        """Run jobs; what a node leaves without a record is a failure. Raises Interrupted on a signal."""
        ray = connected(self.address)
        with watched() as flag:
            gpus = self.gpus if ray.cluster_resources().get("GPU") else 0
            # A process for each job: its peak memory is its own. What failed is a row, not tried again.
            task = ray.remote(num_cpus=self.threads, num_gpus=gpus, max_calls=1, max_retries=0)(remotely)
            place, here = str(folder.resolve()), str(Path.cwd())
            running: dict[Any, Job] = {}
            for job in jobs:
                describe(folder, job, self.threads)
                running[task.remote(place, here, asdict(job), self.threads, __version__)] = job
            while running and not flag:
                ended, _ = ray.wait(list(running), timeout=LOOK)
                for reference in ended:
                    done(running[reference], _result(ray, folder, running.pop(reference), reference))
            if flag:
                for reference in running:
                    ray.cancel(reference, force=False)
                ray.wait(list(running), num_returns=len(running), timeout=WAIT)
                raise Interrupted("stopped", flag.code)


def remotely(folder: str, here: str, told: dict[str, Any], threads: int, version: str) -> tuple[str | None, str]:
    """Do a job on a node. Returns what forbids it (None: nothing does, and it has kept a record), and the node."""
    import ray
    import torch

    node = f"{socket.gethostname()} {ray.get_runtime_context().get_node_id()[:8]}"
    if version != __version__:
        return f"node {node} has Seqloom {__version__}, and the comparison {version}: install the same", node
    for place in (folder, here):
        if not Path(place).is_dir():
            return f"{place} is not there on node {node}: it must be on a disk that all nodes share", node
    os.chdir(here)  # paths of data may be relative
    torch.set_num_threads(threads)
    try:
        do(Path(folder), Job(**told))
    except Interrupted:
        return "stopped", node
    return None, node


def workers_of(text: str, settings: Sequence[str] = ()) -> tuple[int, RayWorkers | None]:
    """Read --workers: how many jobs run at once, and what runs them (None: processes of this machine).

    Raises InputError for what is neither a number nor a cluster, ResourceError where Ray or the cluster is missing.
    """
    if text.isdigit() and int(text) > 0:
        return int(text), None
    if text != SCHEME and not text.startswith((f"{SCHEME}://", f"{SCHEME}=")):
        raise InputError(
            f"--workers {text}: give how many runs at once, such as 2, or a cluster: ray, ray://host:10001 or "
            "ray=host:6379."
        )
    said = [one.partition("=")[2].strip() for one in settings if key_of(one) == "fit.threads"]
    device = [one.partition("=")[2].strip() for one in settings if key_of(one) == "fit.device"]
    threads = int(said[-1]) if said and said[-1].isdigit() else 1
    workers = RayWorkers(text, max(1, threads), 0.0 if device[-1:] == ["cpu"] else 1.0)
    return workers.count(), workers


def _result(ray: Any, folder: Path, job: Job, reference: Any) -> Record:
    try:
        forbidden, node = ray.get(reference)
    except ray.exceptions.RayError as error:
        forbidden, node = f"the cluster lost it: {type(error).__name__}: {str(error).strip().splitlines()[0]}", None
    record = record_of(folder, job)
    if record is not None and forbidden is None:
        keep(folder, job, {**record, "node": node})
        return {**record, "node": node}
    why = forbidden or f"{folder} has no record of it: is it on a disk that all nodes share?"
    keep(folder, job, failure(why))
    found = record_of(folder, job)
    assert found is not None
    return found


def connected(address: str) -> Any:
    """Return Ray, connected to a cluster until this process ends; a connection that is there already serves.

    Raises ResourceError where Ray is not installed or nothing answers.
    """
    try:
        import ray
    except ImportError:
        raise ResourceError(f"--workers {address} needs Ray: pip install 'seqloom[ray]'.") from None
    if ray.is_initialized():
        return ray
    if address != SCHEME:
        _answers(address)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address == SCHEME:
            ray.init(include_dashboard=False, **quiet)
        else:
            ray.init(address.removeprefix(f"{SCHEME}="), **quiet)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ResourceError(f"--workers {address}: no such cluster answers ({why}).") from None
    return ray


def _answers(address: str) -> None:
    """Raise ResourceError where nothing listens: Ray itself would wait long, and then end the process."""
    host, _, port = address.partition("//")[2].rpartition(":") if "//" in address else address[4:].rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"--workers {address}: a cluster is host:port, such as ray://head:10001 or ray=head:6379.")
    try:
        socket.create_connection((host, int(port)), ANSWER).close()
    except (OSError, OverflowError) as error:
        raise ResourceError(f"--workers {address}: no such cluster answers ({error}).") from None
