"""Kept: what a pass over a large file found, kept on disk for the next start.

A resumed training, an evaluation or the next run of a comparison passes over the same ten million lines as the run
before. Where rows begin, which are held out, and their ids follow from the bytes of files and from settings. They are
kept under a hash of these in the user's cache folder, and mapped from there the next time, not read.

    origin = Origin.of(path, "rows", format)                what is found comes from: a file and settings
    found = kept(origin, lambda: {"starts": array, ...})    what was found before, or what the function finds now

A file is known by its place, inode, size and times, so one that was written to since is read anew. Files below FROM
bytes are read faster than they are looked up. SEQLOOM_CACHE names another folder; "off" keeps nothing.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from seqloom import __version__

FROM = 8 * 2**20
"""Bytes of files from which on what is found in them is kept."""
ROOM = 8 * 2**30
"""Bytes that may be kept in all; what was not used for longest goes first."""
FORMAT = 1
"""To be raised whenever a pass finds something else in the same bytes."""
ABOUT = "about.json"
MAPPED_FROM = 2**20
"""Bytes of an array from which on it is mapped, not read."""
NAME = re.compile(r"(\.)?[0-9a-f]{40}(?(1)-\d+)")
"""What folders here are called: nothing else in the cache is ours. With a point in front one is being written."""
ABANDONED = 24 * 60 * 60
"""Seconds after which one that is being written was left by a process that was killed."""

Findings = dict[str, Any]
"""Arrays, and what JSON holds, by name."""


@dataclass(frozen=True)
class Origin:
    """What something was found in: a hash of files and settings, and the bytes of the files."""

    hash: str
    bytes: int

    @classmethod
    def of(cls, file: str | Path, *settings: Any) -> "Origin | None":
        """Return the origin of what is found in a file with such settings; None for what is no file (a pipe)."""
        try:
            about = os.stat(file)
        except OSError:
            return None
        if not stat.S_ISREG(about.st_mode):
            return None
        known = [about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns]
        return cls(_hash(os.path.realpath(file), known, *settings), about.st_size)

    def then(self, *settings: Any) -> "Origin":
        """Return the origin of what follows from this and more settings (what JSON holds, or other origins)."""
        others = [one for one in settings if isinstance(one, Origin)]
        said = [one.hash if isinstance(one, Origin) else one for one in settings]
        return Origin(_hash(self.hash, *said), self.bytes + sum(one.bytes for one in others))


def then(origin: Origin | None, *settings: Any) -> Origin | None:
    """Return the origin of what follows from one that may be unknown, and from settings, none of which may be None in
    place of an origin."""
    return None if origin is None else origin.then(*settings)


def cache() -> Path | None:
    """Return the folder where findings are kept; None where they shall not be."""
    asked = os.environ.get("SEQLOOM_CACHE", "")
    if asked == "off":
        return None
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(asked or f"{home}/seqloom").expanduser()


def kept(origin: Origin | None, find: Callable[[], Findings]) -> Findings:
    """Return what `find` found before at this origin, its arrays mapped from disk, or what it finds now.

    Whatever `find` raises is raised, and nothing is kept. A folder that cannot be written to costs nothing but time.
    """
    folder = cache()
    if origin is None or folder is None or origin.bytes < FROM:
        return find()
    place = folder / _hash(origin.hash, FORMAT, __version__, version("tokenizers"), sys.version_info[:2])
    with contextlib.suppress(OSError, ValueError, KeyError):
        return _read(place)
    findings = find()
    with contextlib.suppress(OSError):
        _write(place, findings)
        _make_room(folder)
    return findings


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def _read(place: Path) -> Findings:
    """Map what is there. Raises OSError, ValueError or KeyError for what is not, or not whole."""
    about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    found: Findings = dict(about["values"])
    for name, size in about["arrays"].items():
        file = place / f"{name}.npy"
        if file.stat().st_size != size:
            raise ValueError(f"{file} is not whole")
        found[name] = np.load(file, mmap_mode="r" if size > MAPPED_FROM else None, allow_pickle=False)
    os.utime(place / ABOUT)  # so that what is used stays
    return found


def _write(place: Path, findings: Mapping[str, Any]) -> None:
    """Write beside and rename, so that it is whole or not there; nothing where the disk has little room."""
    arrays = {name: value for name, value in findings.items() if isinstance(value, np.ndarray)}
    place.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(place.parent).free < 2 * sum(array.nbytes for array in arrays.values()):
        return
    unfinished = place.with_name(f".{place.name}-{os.getpid()}")
    try:
        unfinished.mkdir()
        sizes = {}
        for name, array in arrays.items():
            file = unfinished / f"{name}.npy"
            with file.open("wb") as stream:
                np.save(stream, array, allow_pickle=False)
                stream.flush()
                os.fsync(stream.fileno())
            sizes[name] = file.stat().st_size
        values = {name: value for name, value in findings.items() if name not in arrays}
        (unfinished / ABOUT).write_text(json.dumps({"arrays": sizes, "values": values}), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)  # one that was not whole
        unfinished.rename(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _make_room(folder: Path) -> None:
    """Delete what was abandoned, and what was not used for longest until the rest is within ROOM. Who has it mapped
    keeps it."""
    there = []
    for place in folder.iterdir():
        with contextlib.suppress(OSError):
            if not NAME.fullmatch(place.name):
                continue
            if place.name.startswith("."):
                if time.time() - place.stat().st_mtime > ABANDONED:
                    shutil.rmtree(place, ignore_errors=True)
                continue
            size = sum(file.stat().st_size for file in place.iterdir())
            there.append(((place / ABOUT).stat().st_mtime, size, place))
    over = sum(size for _, size, _ in there) - ROOM
    for _, size, place in sorted(there):
        if over <= 0:
            return
        shutil.rmtree(place, ignore_errors=True)
        over -= size
