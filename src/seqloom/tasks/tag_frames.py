"""Tag frames: a label for every frame of a film or of a recording (what is done now, who speaks, which tone it is)."""

from copy import deepcopy
from typing import Any

from seqloom.errors import InputError
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.examples import LABEL_COLUMNS, Reader
from seqloom.tasks.labelled import sides
from seqloom.tasks.media_defaults import suited_media
from seqloom.tasks.step_clips import StepClipReader
from seqloom.tasks.tag_series import WORDS, TagSeries, settle_head

KEPT = {"audio": "stack", "video": "frames"}
"""Media that have frames, and the front that makes a step of each."""


class TagFrames(TagSeries):
    """Sequence labelling of media: a head on every step of the encoder's memory, and each step is a frame."""

    about = "a label for every frame of a film or a recording"
    usual = ("labels", "tags", *LABEL_COLUMNS)

    @classmethod
    def reader(cls, spec: Spec) -> Reader:
        """Return what reads collections with a label a frame."""
        return StepClipReader(spec, cls.usual)

    @staticmethod
    def settle(spec: Spec) -> None:
        """Write into the spec what `auto` comes to. Raises InputError for media without frames."""
        settle_head(spec)
        kind = sides(spec)[0].tokens
        if kind not in KEPT:
            raise InputError(
                f"tag labels frames, and source.tokens={kind} has none: use {' or '.join(KEPT)}, or the task classify."
            )


def suited_frames(kind: str) -> dict[str, Any]:
    """Return what suits frames, over the template of tag, which is for words: a front that keeps them, and the
    architecture that steps have."""
    found = deepcopy(suited_media(kind))
    found.pop("arch", None)
    if kind in KEPT:
        found["source"]["front"] = {"kind": KEPT[kind]}
    plain = {key: SideSpec.model_fields[key].default for key in WORDS}
    return {**found, "source": {**plain, **found["source"]}, "heads": {"tags": {"dropout": 0.2}}}
