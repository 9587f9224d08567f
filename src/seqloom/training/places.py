"""Where runs are: found by the name a person gives, and new names for new ones. Imports no torch."""

from difflib import get_close_matches
from pathlib import Path

from seqloom.errors import CheckpointError, InputError

HOME = Path("runs")


def require(path: str | Path) -> None:
    """Raise CheckpointError unless the path is a run folder."""
    folder = Path(path)
    if (folder / "spec.yaml").is_file():
        return
    if folder.is_dir():
        inside = [str(one.parent) for one in sorted(folder.glob("*/spec.yaml"))]
        hint = f" It holds these runs: {', '.join(inside[:10])}." if inside else _known(str(path))
        raise CheckpointError(f"{path} is not a run folder: it has no spec.yaml.{hint}")
    if folder.exists():
        raise CheckpointError(
            f"{path} is a file; a run is a folder that 'seqloom train' has written.{_known(str(path))}"
        )
    raise CheckpointError(f"{path}: there is no such run.{_known(str(path))}")


def fresh(out: str | None, name: str) -> Path:
    """Return the folder for a new run: `out` if it is free, else the first free of runs/NAME-1, runs/NAME-2, ...

    Raises InputError where `out` holds something already.
    """
    if out is None:
        number = 1
        while (HOME / f"{name}-{number}").exists():
            number += 1
        return HOME / f"{name}-{number}"
    folder = Path(out)
    if folder.is_file():
        raise InputError(f"--out {out} is a file; a run needs a folder of its own.")
    if folder.is_dir() and any(folder.iterdir()):
        if (folder / "spec.yaml").is_file():
            raise InputError(f"--out {out} holds a run already. Add --resume to go on with it, or name another folder.")
        raise InputError(f"--out {out} holds other files. Name a folder that is empty or does not exist.")
    return folder


def _known(path: str) -> str:
    """Say which runs there are under runs/, the likeliest first."""
    found = sorted(str(one.parent) for one in [*HOME.glob("*/spec.yaml"), *HOME.glob("*/*/spec.yaml")])
    if not found:
        return f" There are none under {HOME}/ yet: 'seqloom train' makes one."
    by_name = {Path(one).name: one for one in reversed(found)}
    close = get_close_matches(path, found, 1, 0.5) or [
        by_name[one] for one in get_close_matches(Path(path).name, by_name, 1, 0.5)
    ]
    guess = f" Did you mean {close[0]}?" if close else ""
    return f"{guess} Runs under {HOME}/: {', '.join(found[:10])}{', ...' if len(found) > 10 else ''}."
