"""Weights from a safetensors file of somebody else's, laid into a network whose names and shapes match.

Nothing in the file is executed: safetensors holds a JSON header and numbers. What follows the last common name (a
classifier's `fc.weight`, say) is left out and said; shapes that differ are refused, never cut or repeated.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from seqloom.errors import InputError

COUNTER = "num_batches_tracked"
"""What torch's batch norm counts beside its statistics, and nothing reads."""
SHOWN = 6
"""Names listed of those that did not match."""


def read_weights(path: str) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, as float32.

    Raises InputError for a file that is missing, no safetensors, or holds numbers that are not finite.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not Path(path).is_file():
        raise InputError(f"no file {path}: give a safetensors file of the network's weights.")
    try:
        found = load_file(path)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path} is no safetensors file, or is damaged ({str(error)[:80]}). Convert weights saved by torch with "
            "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')."
        ) from None
    bad = [name for name, value in found.items() if value.is_floating_point() and not value.isfinite().all()]
    if bad:
        raise InputError(f"{path}: {bad[0]} holds numbers that are not finite.")
    return {name: value.float() if value.is_floating_point() else value for name, value in found.items()}


def take_weights(net: nn.Module, weights: Mapping[str, Tensor]) -> list[str]:
    """Copy what matches into the network, in place; return what to say of the rest.

    Names may all begin with more than the network's own (`backbone.conv1.weight`): the prefix that matches most is
    taken. Raises InputError where nothing matches, where a shape differs, and where the file's network normalises by
    batch and this one does not (or the other way round).
    """
    own = net.state_dict()
    prefix = _prefix(own, weights)
    theirs = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    both = [name for name in own if name in theirs]
    if not both:
        raise InputError(
            f"none of the file's {len(weights)} names is one of the network's: the file has {_some(weights)}, and the "
            f"network {_some(own)}."
        )
    _same_norm(own, theirs)
    for name in both:
        if own[name].shape != theirs[name].shape:
            raise InputError(
                f"{prefix}{name} is {list(theirs[name].shape)} in the file and {list(own[name].shape)} in the network: "
                "set widths, stem and the channels of the pictures to those of the file."
            )
    with torch.no_grad():
        for name in both:
            own[name].copy_(theirs[name])
    missing = [name for name in own if name not in theirs]
    unused = [name for name in weights if name.removeprefix(prefix) not in own or not name.startswith(prefix)]
    unused = [name for name in unused if not name.endswith(COUNTER)]
    notes = [f"{len(both)} of {len(own)} tensors of the network start from the file"]
    if missing:
        notes.append(f"what the file has not starts at random: {_some(missing)}")
    if unused:
        notes.append(f"what only the file has is left out: {_some(unused)}")
    return notes


def _prefix(own: Iterable[str], weights: Iterable[str]) -> str:
    """Return what the file's names begin with before the network's own, by most matches, the shortest first."""
    names = set(own)
    first = next(iter(own))
    candidates = sorted({name.removesuffix(first) for name in weights if name.endswith(first)} | {""}, key=len)
    return max(candidates, key=lambda one: sum(name.startswith(one) and name[len(one) :] in names for name in weights))


def _same_norm(own: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    """Raise InputError where one normalises by running statistics and the other does not: same names, other sense."""
    batch = any(name.endswith("running_mean") for name in own)
    if batch != any(name.endswith("running_mean") for name in theirs):
        there, here = ("group", "batch") if batch else ("batch", "group")
        raise InputError(
            f"the file's network has {there} norm and this one {here} norm, whose weights mean another thing: say "
            f"source.front.norm={there}."
        )


def _some(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:SHOWN]) + (f", ... ({len(found)} in all)" if len(found) > SHOWN else "")
