"""What a comparison would tell, made up; and the kept run of every task with its data, in the folder of the tests."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqloom.training.run import Run

for folder in ("kept", "comparing"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))


@pytest.fixture
def made() -> Callable[..., dict[str, Any]]:
    """Return `made_told.made`."""
    found = importlib.util.spec_from_file_location(
        "made_told", Path(__file__).parents[1] / "comparing" / "made_told.py"
    )
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made: Callable[..., dict[str, Any]] = module.made
    return made


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the data of every kept run."""
    import kept_runs

    folder = tmp_path_factory.mktemp("kept")
    kept_runs.write(folder)
    return folder


@pytest.fixture
def kept(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Run, str | None]]:
    """Return a function that gives the kept run of a task, and what to measure it on (None: what it held out)."""
    import kept_runs

    monkeypatch.chdir(data_folder)

    def of(task: str) -> tuple[Run, str | None]:
        run = kept_runs.kept(task)
        return run, None if run.spec.data.valid else kept_runs.FILES[task]

    return of
