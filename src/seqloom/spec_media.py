"""The sections of a spec that say how recordings, pictures and films are read."""

from typing import Literal

from pydantic import Field

from seqloom.section import Section


class MediaSpec(Section):
    """Where the items of a collection are found."""

    root: str | None = None
    """A folder or an archive in which the paths (or names) of a table are looked up; None: beside the table."""
    id: str | None = None
    """In an archive of arrays: the array of names by which a table's cells find its items; None: their numbers."""
    memory: int = Field(2048, ge=0)
    """MiB of decoded items that are kept; what is beyond is read again whenever it is asked for."""


class AudioSpec(Section):
    """How a recording becomes frames of numbers."""

    form: Literal["ctc", "attention", "hybrid"] | None = None
    """Transcribe: labels of frames (CTC), a decoder that attends to them, or both; None: as the architecture is."""


class ImageSpec(Section):
    """How a picture becomes an array of numbers [height, width, channels]."""


class VideoSpec(Section):
    """Which frames of a film are read; what becomes of each, the section `image` says."""
