"""Recordings and films whose every frame has a label: one cell of a row holds them all, with spaces between, or as a
JSON list, which JSON lines may have."""

import json
from collections.abc import Iterator, Sequence

from seqloom.errors import InputError
from seqloom.tasks.clips import ClipReader, Clips
from seqloom.tasks.task import Say
from seqloom.tasks.vault import Vault


class StepClips(Clips):
    """Some rows of a collection, with a label for each frame that is read of their items."""

    def __init__(self, vault: Vault, label: str, at: Sequence[int]) -> None:
        super().__init__(vault, label, None, at)

    def at(self, chosen: Sequence[int]) -> "StepClips":
        """Pick some rows."""
        assert self.label is not None
        return StepClips(self.vault, self.label, [self._at[place] for place in chosen])

    def steps(self) -> Iterator[tuple[str, ...]]:
        """Yield the labels of the frames of each row."""
        return (split(cell) for cell in self.cells())


class StepClipReader(ClipReader):
    """Reads collections whose label is of each frame."""

    def training(self, path: str, say: Say) -> StepClips:
        """Read the training rows, and check that labels and frames are as many."""
        return self._each(super().training(path, say), say)

    def labelled(self, path: str, say: Say) -> StepClips:
        """Read another collection with labels."""
        return self._each(super().labelled(path, say), say)

    def _each(self, clips: Clips, say: Say) -> StepClips:
        """Return the rows whose labels are as many as their frames. Raises InputError for another, unless bad rows are
        skipped."""
        good, bad = [], []
        for place, cell in enumerate(clips.cells()):
            try:
                labels = split(cell)
                frames = clips.vault.length(clips.refs()[place])
                if len(labels) != frames:
                    raise InputError(
                        f"{len(labels)} labels, and {frames} frames are read of it; tag needs one for each, in column "
                        f"'{clips.label}'."
                    )
            except InputError as error:
                if not self._skip:
                    raise InputError(f"{clips.where(place)}: {error}") from None
                bad.append(f"{clips.where(place)}: {error}")
            else:
                good.append(place)
        if bad:
            say(f"{clips.path}: {len(bad)} rows are left out, the first: {bad[0]}")
        if not good:
            raise InputError(f"{clips.path}: no row has a label for each frame; the first: {bad[0]}")
        assert clips.label is not None
        return StepClips(clips.vault, clips.label, clips.at(good).rows())


def split(cell: str) -> tuple[str, ...]:
    """Return the labels of a cell. Raises InputError for a list that holds more than labels."""
    if not cell.lstrip().startswith("["):
        return tuple(cell.split())
    try:
        found = json.loads(cell, parse_int=str, parse_float=str)
    except json.JSONDecodeError:
        raise InputError(f"{cell.strip()[:40]!r} is no JSON list of labels.") from None
    if not all(isinstance(label, str) for label in found):
        raise InputError(f"{cell.strip()[:40]!r} holds more than labels; each is a text or a number.")
    return tuple(found)
