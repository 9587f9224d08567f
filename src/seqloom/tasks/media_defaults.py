"""What suits recordings, pictures and films, over the template of a task that reads rows."""

from copy import deepcopy
from typing import Any

SUITED: dict[str, dict[str, Any]] = {
    "audio": {
        "source": {"tokens": "audio", "size": 128, "dropout": 0.1, "front": {"kind": "cnn1d"}},
        "fit": {"epochs": 30, "batch_tokens": 3200, "patience": 5},
    },
    "image": {
        "arch": "cnn",
        "source": {"tokens": "image", "size": 128, "dropout": 0.0},
        "fit": {"epochs": 20, "batch_tokens": 2048, "patience": 5},
    },
    "video": {
        "arch": "lrcn",
        "source": {"tokens": "video", "size": 128, "dropout": 0.1},
        "fit": {"epochs": 30, "batch_tokens": 512, "patience": 8},
    },
}
"""`arch` is the architecture where none is named."""


def suited_media(kind: str) -> dict[str, Any]:
    """Return what a spec says of a kind of media where a person says nothing."""
    return deepcopy(SUITED[kind])
