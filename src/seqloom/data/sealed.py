"""A small JSON file that says what it holds: its format and a hash of its content, checked when it is read."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from seqloom.errors import CheckpointError

Made = TypeVar("Made")


def seal(path: Path, format: int, content: Mapping[str, Any], digest: str) -> None:
    """Write content with its format and hash; the folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"format": format, **content, "sha256": digest}
    path.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def unseal(path: Path, format: int, make: Callable[[dict[str, Any]], Made], digest: Callable[[Made], str]) -> Made:
    """Return what `make` makes of the content that `seal` wrote, if its `digest` is the hash that was written.

    Raises CheckpointError where the file is missing, damaged, of a later format, or not what was saved.
    """
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        if about["format"] != format:
            raise CheckpointError(f"{path} has format {about['format']}; this Seqloom reads {format}. Use a later one.")
        made = make(about)
        whole = digest(made) == about["sha256"]
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing; copy the whole run folder again.") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise CheckpointError(f"{path} is damaged: {error}. Copy the run again.") from None
    if not whole:
        raise CheckpointError(f"{path} is not what was saved: its content does not give its sha256. Copy it again.")
    return made
