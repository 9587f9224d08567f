"""The machine and the versions that an event of a training bears."""

import json
from pathlib import Path

import pytest
import torch

from seqloom import __version__
from seqloom.training import machine as place
from seqloom.training.events import Started
from seqloom.training.machine import machine, processor, versions


def test_versions_are_those_of_the_programs_that_run() -> None:
    found = versions()
    assert found["seqloom"] == __version__ and found["torch"] == torch.__version__
    assert set(found) == {"seqloom", "python", "torch", "numpy", "safetensors", "tokenizers"}


def test_a_package_that_bears_no_version_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "PACKAGES", ("numpy", "no-such-package"))
    assert set(versions()) == {"seqloom", "python", "torch", "numpy"}


def test_the_processor_is_named_as_the_system_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = "processor: 0\nmodel name\t: A fine chip\nmodel name\t: A fine chip\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: told)
    processor.cache_clear()
    assert processor() == "A fine chip"
    processor.cache_clear()


def test_where_the_system_tells_nothing_there_is_a_name_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", none)
    processor.cache_clear()
    assert processor()
    processor.cache_clear()


def test_a_machine_is_plain_values() -> None:
    found = machine("cpu")
    assert found["threads"] == torch.get_num_threads() and found["cores"] >= 1 and "gpu" not in found
    event = Started(1, 2, 3.0, 4, "cpu", versions=versions(), machine=found)
    assert json.loads(json.dumps(event.record()))["machine"] == found
