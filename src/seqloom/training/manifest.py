"""Files that are whole or not there: written beside, fsynced, renamed, and listed with their SHA-256."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from seqloom.errors import CheckpointError, ResourceError

MANIFEST = "MANIFEST.json"
_UNFINISHED, _REPLACED = ".unfinished-", ".replaced-"
FORMAT = 1


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder with its manifest so that it is whole under its name or not there at all.

    Raises ResourceError where the disk is full; what was there before stays.
    """
    unfinished = folder.parent / f"{_UNFINISHED}{folder.name}-{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    with _disk(folder):
        try:
            unfinished.mkdir(parents=True)
            for name, content in files.items():
                _write(unfinished / name, content)
            _write(unfinished / MANIFEST, manifest(files))
            _sync(unfinished)
            old = unfinished.with_name(f"{_REPLACED}{folder.name}")
            if folder.exists():
                folder.rename(old)
            unfinished.rename(folder)
            _sync(folder.parent)
            shutil.rmtree(old, ignore_errors=True)
        except OSError:
            sweep(folder.parent)
            raise


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees the old or the new, never a part. Raises ResourceError on a full disk."""
    unfinished = path.parent / f"{_UNFINISHED}{path.name}-{os.getpid()}"
    with _disk(path):
        try:
            _write(unfinished, content)
            unfinished.rename(path)
            _sync(path.parent)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of some contents: {name: {sha256, bytes}}."""
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)} for name, content in files.items()
    }
    return json.dumps({"format": FORMAT, "files": listed}, indent=1, ensure_ascii=False).encode()


def verify(folder: Path) -> dict[str, bytes]:
    """Read every file that the manifest lists. Raises CheckpointError that names what is missing or damaged."""
    try:
        whole = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        form, listed = whole["format"], whole["files"]
        items = [(name, about["sha256"], int(about["bytes"])) for name, about in listed.items()]
    except FileNotFoundError:
        raise CheckpointError(f"{folder}: no {MANIFEST}; it is no run folder, or its writing never ended.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CheckpointError(
            f"{folder / MANIFEST}: damaged. Take an earlier checkpoint or copy the run again."
        ) from None
    if form != FORMAT:
        raise CheckpointError(f"{folder / MANIFEST}: format {form!r}; this version reads format {FORMAT}.")
    contents = {}
    for name, sha256, size in items:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise CheckpointError(f"{folder / MANIFEST}: names a file outside the folder, '{name}'.")
        try:
            content = (folder / name).read_bytes()
        except (OSError, ValueError):
            raise CheckpointError(f"{folder / name}: missing, though the manifest lists it.") from None
        if len(content) != size:
            raise CheckpointError(f"{folder / name}: {len(content)} bytes, the manifest says {size}. It was cut short.")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise CheckpointError(f"{folder / name}: its content is not what was saved (SHA-256 differs).")
        contents[name] = content
    return contents


def sweep(folder: Path) -> None:
    """Delete what a killed writer left half done, and put back what it was about to replace.

    Only for whoever writes there: it would take away the files that another process is writing.
    """
    for left in list(folder.iterdir()) if folder.is_dir() else []:
        if left.name.startswith(_REPLACED) and not (place := folder / left.name.removeprefix(_REPLACED)).exists():
            left.rename(place)
        elif left.name.startswith((_UNFINISHED, _REPLACED)):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make names durable; some file systems cannot, and say so."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        raise ResourceError(
            f"{path}: cannot be written: {error.strerror}. What was saved before is untouched."
        ) from None
