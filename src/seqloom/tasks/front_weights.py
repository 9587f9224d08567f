"""Weights that a front starts from: a safetensors file named by `source.front.weights`, read when a training begins.

A run holds its own weights, so that the file is not needed afterwards.
"""

from torch import Tensor

from seqloom.errors import InputError
from seqloom.fronts import build_front
from seqloom.fronts.front import MediaShape
from seqloom.layers.pretrained import read_weights
from seqloom.spec import Spec


def front_weights(spec: Spec) -> dict[str, Tensor]:
    """Return the tensors of the file that a spec names, none where it names none."""
    path = _path(spec)
    return {} if path is None else read_weights(path)


def foretold(spec: Spec, shape: MediaShape) -> list[str]:
    """Return what to say of the file: what of it the front takes. Raises InputError where it does not fit."""
    path = _path(spec)
    if path is None or spec.source is None:
        return []
    front = build_front(spec.source.front, shape, spec.source.size, 0.0)
    weights = read_weights(path)
    try:
        return [f"{path}: {note}." for note in front.take(weights)]
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _path(spec: Spec) -> str | None:
    front = None if spec.source is None else spec.source.front
    return None if front is None else front.get("weights")
