"""The run folder: spec.yaml, vocab/, model.safetensors and their manifest; checkpoints/ and events.jsonl beside."""

from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors.torch import save

from seqloom.errors import CheckpointError, InputError
from seqloom.model import SequenceModel
from seqloom.spec import Spec, write
from seqloom.spec import read as read_yaml
from seqloom.tasks.task import Say, Task
from seqloom.training.averaging import weights_of
from seqloom.training.checkpoint import Checkpoints, put_weights, shipped, tensors_of
from seqloom.training.manifest import MANIFEST, manifest, replace_file, sweep, verify
from seqloom.training.places import require

WEIGHTS = "model.safetensors"


def begin(place: Path, spec: Spec, task: Task) -> None:
    """Write what a run is before it is trained: spec and vocabularies."""
    place.mkdir(parents=True, exist_ok=True)
    for name, content in _description(spec, task).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        replace_file(place / name, content)


def finish(place: Path, model: SequenceModel) -> None:
    """Write the weights, then the manifest that makes the run whole."""
    replace_file(place / WEIGHTS, save({name: weight.cpu().contiguous() for name, weight in weights_of(model).items()}))
    listed = [place / "spec.yaml", place / WEIGHTS, *(path for path in (place / "vocab").rglob("*") if path.is_file())]
    files = {path.relative_to(place).as_posix(): path.read_bytes() for path in sorted(listed)}
    replace_file(place / MANIFEST, manifest(files))
    sweep(place)


def read_spec(place: Path) -> Spec:
    """Read a run's spec, its manifest checked where it has one. Raises CheckpointError for what is no run."""
    require(place)
    if (place / MANIFEST).is_file():
        verify(place)
    try:
        return read_yaml(place / "spec.yaml")
    except InputError as error:
        raise CheckpointError(str(error)) from None


def read_weights(place: Path, model: SequenceModel) -> str | None:
    """Put a run's weights into its model; of a training that never ended, those of its newest whole checkpoint.

    Returns what should be said aloud. Raises CheckpointError where there are no weights that are whole.
    """
    if (place / MANIFEST).is_file():
        put_weights(model, tensors_of(verify(place), WEIGHTS, place), place)
        return None
    checkpoints = Checkpoints(place / "checkpoints")
    best = checkpoints.best()
    newest, wrong = checkpoints.newest()
    put_weights(model, shipped(newest), newest)
    more = f"; the best so far is {best.name}" if best not in (None, newest) else ""
    damaged = f" Passed over: {' '.join(wrong)}" if wrong else ""
    return f"{place}: its training has not ended; these are the weights of {newest.name}{more}.{damaged}"


def reread(place: Path, task: Task, say: Say) -> None:
    """Read the rows of a resumed run again. Raises CheckpointError where they are not those it began with."""
    if task.reread(say) != task.rows_digest:
        raise CheckpointError(
            f"{place}: {task.spec.data.train} or its validation split is not what this run began with, so it cannot go "
            "on to the same end. Put the file back, or start a new run from its weights: --init RUN --out ANOTHER."
        )


def _description(spec: Spec, task: Task) -> dict[str, bytes]:
    with TemporaryDirectory(prefix="seqloom-") as temporary:
        task.save(Path(temporary))
        paths = [path for path in Path(temporary).rglob("*") if path.is_file()]
        files = {f"vocab/{path.relative_to(temporary).as_posix()}": path.read_bytes() for path in paths}
    return {"spec.yaml": write(spec).encode(), **files}
