"""What a preset is, and the parts that many share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Structure = Literal["summary", "steps", "language", "sequence", "joined"]
Parts = dict[str, Any]


@dataclass(frozen=True)
class Preset:
    """A name, its paper, what it is, and its parts by structure (a string there is why it cannot be).

    reads  the kind of media that it reads, "" for any source
    """

    name: str
    paper: str
    about: str
    parts: Callable[[Structure], Parts | str]
    reads: str = ""


def alone(encoder: Parts, structure: Structure) -> Parts:
    """Return an encoder and nothing else; where several inputs are read, that of the question."""
    return {"beside": {"question": {"encoder": encoder}}} if structure == "joined" else {"encoder": encoder}


def context(encoder: Parts, decoder: Parts) -> Parts:
    """Join two by a context vector that every step sees."""
    return {**SIDES, "encoder": encoder, "bridge": {"kind": "context", "size": 256}, "decoder": decoder}


SIDES: Parts = {"source": {"size": 256}, "target": {"size": 256}}
