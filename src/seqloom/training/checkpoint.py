"""Checkpoints: everything that a training needs to go on to the last bit, as safetensors and JSON."""

import json
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from seqloom.errors import CheckpointError
from seqloom.model import SequenceModel
from seqloom.state import State
from seqloom.training.averaging import MovingAverage, weights_of
from seqloom.training.manifest import replace_file, sweep, verify, write_folder
from seqloom.training.optimizers import Optimizer, load_state, state_tensors
from seqloom.training.schedules import Plateau


@dataclass
class Progress:
    """Where a training is.

    step     updates done;  epoch, batch: the next batch is number `batch` of epoch `epoch`
    planned  the updates that a budget in minutes came to, once it is measured, and `validations`, how many of those
             there is time for where it is fewer than usual
    saved    steps of the latest checkpoints that were due, those that a signal asked for left out
    best     the best value of fit.metric, found at `best_step` with `best_metrics`; `waited` validations have
             brought no gain since; the last was at step `validated_at`
    skipped  batches in a row that were not finite
    tokens, seconds   so far
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    planned: int | None = None
    validations: int | None = None
    saved: list[int] = field(default_factory=list)
    best: float | None = None
    best_step: int | None = None
    best_metrics: dict[str, float] = field(default_factory=dict)
    validated_at: int | None = None
    waited: int = 0
    skipped: int = 0
    tokens: int = 0
    seconds: float = 0.0
    ended: str | None = None
    plateau: Plateau = field(default_factory=Plateau)


class Checkpoints:
    """The `checkpoints` folder of a run: step-N folders, and the one-line files `last` and `best`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self,
        model: SequenceModel,
        optimizer: Optimizer,
        average: MovingAverage | None,
        carried: State | None,
        progress: Progress,
        keep: int,
    ) -> Path:
        """Write step-N, then point `last` (and `best`) at it, then delete all but the latest `keep` and the best.

        A checkpoint that a signal asked for lasts until the next, so that a resumed run ends with the same ones.
        Raises ResourceError where the disk is full; earlier checkpoints stay.
        """
        files = {
            "model.safetensors": save(_plain(weights_of(model))),
            "optimizer.safetensors": save(_plain(state_tensors(optimizer, model))),
            "random.safetensors": save(_random_state()),
            "progress.json": json.dumps(asdict(progress), indent=1).encode(),
        }
        if average is not None:
            files["average.safetensors"] = save(average.weights)
            files["average.json"] = json.dumps({"steps": average.steps}).encode()
        if carried is not None:
            files["carried.safetensors"] = save(_plain(flatten(carried)))
        place = self.folder / f"step-{progress.step}"
        write_folder(place, files)
        replace_file(self.folder / "last", f"{place.name}\n".encode())
        if progress.best_step == progress.step:
            replace_file(self.folder / "best", f"{place.name}\n".encode())
        self._tidy({progress.step, progress.best_step, *progress.saved[-keep:]})
        return place

    def newest(self) -> tuple[Path, list[str]]:
        """Return the newest checkpoint that is whole, and what is wrong with those passed over.

        Raises CheckpointError, with what is wrong with the newest, where none is whole.
        """
        wrong: list[str] = []
        for place in reversed(self.all()):
            try:
                verify(place)
            except CheckpointError as error:
                wrong.append(str(error))
                continue
            return place, wrong
        raise CheckpointError(wrong[0] if wrong else f"{self.folder}: no checkpoint to go on from.")

    def settle(self, progress: Progress) -> None:
        """Mend what a killed writer left, so that all is as it was when this progress was written."""
        sweep(self.folder)
        best = self.folder / f"step-{progress.best_step}"
        if best.is_dir():
            replace_file(self.folder / "best", f"{best.name}\n".encode())
        else:
            progress.best = progress.best_step = None
            (self.folder / "best").unlink(missing_ok=True)

    def best(self) -> Path | None:
        """Return the checkpoint of the best validation, None where there was none."""
        try:
            name = (self.folder / "best").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return next((place for place in self.all() if place.name == name), None)

    def all(self) -> list[Path]:
        """List the checkpoints, oldest first."""
        found = [path for path in self.folder.glob("step-*") if path.name[5:].isdigit() and path.is_dir()]
        return sorted(found, key=lambda path: int(path.name[5:]))

    def at(self, steps: Iterable[int]) -> list[Path]:
        """List the checkpoints of these steps that are there."""
        return [place for step in steps if (place := self.folder / f"step-{step}").is_dir()]

    def _tidy(self, kept: Collection[int | None]) -> None:
        for place in self.all():
            if int(place.name[5:]) not in kept:
                shutil.rmtree(place, ignore_errors=True)


def restore(
    place: Path, model: SequenceModel, optimizer: Optimizer, average: MovingAverage | None, device: torch.device
) -> tuple[Progress, State | None]:
    """Put a checkpoint back into model, optimizer, average and random state; return progress and carried State.

    Raises CheckpointError where it is damaged or of another model.
    """
    files = verify(place)
    put_weights(model, tensors_of(files, "model.safetensors", place), place)
    load_state(optimizer, model, tensors_of(files, "optimizer.safetensors", place))
    if average is not None:
        if "average.safetensors" not in files:
            raise CheckpointError(f"{place}: holds no average, but fit.ema asks for one.")
        weights = tensors_of(files, "average.safetensors", place)
        average.weights = {name: weights[name].to(device) for name in average.weights}
        average.steps = int(_json(files, "average.json", place)["steps"])
    carried = None
    if "carried.safetensors" in files:
        carried = unflatten({k: v.to(device) for k, v in tensors_of(files, "carried.safetensors", place).items()})
    values = _json(files, "progress.json", place)
    try:
        progress = Progress(**{**values, "plateau": Plateau(**values["plateau"])})
    except (TypeError, KeyError) as error:
        raise CheckpointError(f"{place / 'progress.json'}: not of this version: {error}.") from None
    _set_random_state(tensors_of(files, "random.safetensors", place))
    return progress, carried


def shipped(place: Path) -> dict[str, Tensor]:
    """Return the weights that a checkpoint would ship: its average where it has one. Raises CheckpointError."""
    files = verify(place)
    return tensors_of(files, "average.safetensors" if "average.safetensors" in files else "model.safetensors", place)


def put_weights(model: SequenceModel, weights: Mapping[str, Tensor], place: Path) -> None:
    """Copy weights into a model. Raises CheckpointError where names or shapes are of another one."""
    names = dict(model.named_parameters())
    odd = sorted(set(names) ^ set(weights)) or [
        name for name, parameter in names.items() if parameter.shape != weights[name].shape
    ]
    if odd:
        raise CheckpointError(
            f"{place}: weights of another model: {', '.join(odd[:3])} differ(s) from what spec.yaml builds."
        )
    with torch.no_grad():
        for name, parameter in names.items():
            parameter.copy_(weights[name])


def tensors_of(files: Mapping[str, bytes], name: str, place: Path) -> dict[str, Tensor]:
    """Parse one safetensors file of a folder. Raises CheckpointError where it is not one.

    The tensors get memory from torch's allocator: products of matrices may differ in their last bits where the
    memory is aligned otherwise.
    """
    try:
        return {key: value.clone() for key, value in load(files[name]).items()}
    except KeyError:
        raise CheckpointError(f"{place}: {name} is not in its manifest.") from None
    except SafetensorError as error:
        raise CheckpointError(f"{place / name}: not a safetensors file: {error}.") from None


def _json(files: Mapping[str, bytes], name: str, place: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(files[name])
        return values
    except (KeyError, ValueError):
        raise CheckpointError(f"{place}: {name} is not in its manifest, or is not JSON.") from None


def flatten(state: State, before: str = "") -> dict[str, Tensor]:
    """Return a State's tensors by their path, "0/forwards/h"."""
    flat: dict[str, Tensor] = {}
    for name, value in state.items():
        flat |= flatten(value, f"{before}{name}/") if isinstance(value, dict) else {f"{before}{name}": value}
    return flat


def unflatten(flat: Mapping[str, Tensor]) -> State:
    """Undo `flatten`."""
    state: State = {}
    for path, value in flat.items():
        *parts, name = path.split("/")
        holder = state
        for part in parts:
            holder = holder.setdefault(part, {})
        holder[name] = value
    return state


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give each tensor memory of its own, which safetensors asks for."""
    return {name: value.detach().cpu().clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}


def _random_state() -> dict[str, Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state |= {f"cuda{number}": one for number, one in enumerate(torch.cuda.get_rng_state_all())}
    return state


def _set_random_state(state: dict[str, Any]) -> None:
    torch.set_rng_state(state["cpu"])
    for name, value in state.items():
        if name.startswith("cuda") and torch.cuda.is_available():
            torch.cuda.set_rng_state(value, int(name[4:]))
