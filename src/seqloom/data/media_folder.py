"""Folders as collections: a folder of each class, a folder of files, a file alone."""

import re
from pathlib import Path

from seqloom.data.media import ENDINGS, FILE, Collection, Folder, Kind, kind_of
from seqloom.errors import InputError

LABEL = "label"
"""The column that the names of folders become."""
TABLES = tuple(
    f"{name}{ending}" for name in ("metadata", "manifest", "labels") for ending in (".tsv", ".csv", ".jsonl")
)
"""Files in a folder that are taken for the table of the others."""


def table_in(folder: Path) -> Path | None:
    """Return the table that tells of the files of a folder. Raises InputError for several."""
    found = [folder / name for name in TABLES if (folder / name).is_file()]
    if len(found) > 1:
        names = " and ".join(one.name for one in found)
        raise InputError(f"{folder} holds {names}; give the one that is meant, in place of the folder.")
    return found[0] if found else None


def read_folder(path: Path, kind: Kind) -> Collection:
    """Take the files of a kind below a folder, each folder in it a class; or those that stand in it, without classes.

    Files come in the order of their names, numbers by value. Hidden files are passed over, others of no such kind
    counted and said. Raises InputError where there is none, or where some files have a class and some have none.
    """
    here = [one for one in _sorted(path) if _is_item(one, kind)]
    classes = [one for one in _sorted(path) if one.is_dir() and not (kind == "video" and holds_frames(one))]
    found = [(one, "") for one in here]
    odd = sum(one.is_file() and not _is_item(one, kind) for one in _sorted(path))
    empty = []
    for folder in classes:
        below = [one for one in _below(folder, kind) if not one.name.startswith(".")]
        items = [one for one in below if _is_item(one, kind)]
        odd += len(below) - len(items)
        found += [(one, folder.name) for one in items]
        if not items:
            empty.append(folder.name)
    if not found:
        raise InputError(f"{path}: no {kind} in it (files named {', '.join(ENDINGS[kind])}), nor in its folders.")
    labelled = [label for _, label in found if label]
    if labelled and here:
        raise InputError(
            f"{path}: {len(here)} of its files stand in no class ({here[0].name}, say) and {len(labelled)} do; move "
            "them into a folder each, or give a table of files and labels."
        )
    notes = []
    if odd:
        notes.append(f"{path}: {odd} files in it are no {kind} by their names and are left out")
    if empty:
        notes.append(f"{path}: {len(empty)} folders in it hold no {kind} ({', '.join(empty[:3])})")
    refs = [one.relative_to(path).as_posix() for one, _ in found]
    columns = [FILE, LABEL] if labelled else [FILE]
    rows = [{FILE: ref, LABEL: label} if labelled else {FILE: ref} for ref, (_, label) in zip(refs, found, strict=True)]
    return Collection(str(path), columns, rows, refs, Folder(path), notes=notes)


def read_alone(path: Path) -> Collection:
    """Take one file."""
    return Collection(str(path.parent), [FILE], [{FILE: path.name}], [path.name], Folder(path.parent))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return what names are sorted by: frame2 before frame10, numbers before letters."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _sorted(folder: Path) -> list[Path]:
    return sorted((one for one in folder.iterdir() if not one.name.startswith(".")), key=lambda one: natural(one.name))


def _below(folder: Path, kind: Kind) -> list[Path]:
    """Return the files below a folder at any depth; of films, a folder of frames is one."""
    found = []
    for one in _sorted(folder):
        if one.is_dir() and not (kind == "video" and holds_frames(one)):
            found += _below(one, kind)
        else:
            found.append(one)
    return found


def _is_item(path: Path, kind: Kind) -> bool:
    if path.is_dir():
        return kind == "video" and holds_frames(path)
    return path.is_file() and kind_of(path.name) == kind


def holds_frames(folder: Path) -> bool:
    """Tell whether a folder is a film: pictures and no folders."""
    inside = _sorted(folder)
    return any(kind_of(one.name) == "image" for one in inside) and not any(one.is_dir() for one in inside)
