"""The run folder: what is in it, that it is whole or refused, and that it resumes with the rows it began with."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from toys import Kill, Power

from seqloom.errors import CheckpointError
from seqloom.training.manifest import verify
from seqloom.training.run import Run, load

Fit = Callable[..., Run]


def test_what_a_run_holds(small: Fit, tmp_path: Path) -> None:
    small("bag", tmp_path / "run", steps=2)
    assert sorted(verify(tmp_path / "run")) == [
        "model.safetensors",
        "spec.yaml",
        "vocab/labels.json",
        "vocab/source/tokenizer.json",
        "vocab/source/vocabulary.json",
    ]
    spec = yaml.safe_load((tmp_path / "run/spec.yaml").read_text(encoding="utf-8"))
    assert spec["format"] == 1
    assert spec["source"]["column"] == ["text"] and spec["target"]["column"] == "label", "the columns found are kept"


def test_nothing_half_done_is_left(small: Fit, tmp_path: Path) -> None:
    small("bag", tmp_path / "run", steps=2)
    assert not list((tmp_path / "run").rglob(".*"))


def test_another_format_is_refused(small: Fit, tmp_path: Path) -> None:
    with pytest.raises(Power):
        small("bag", tmp_path / "run", on_event=Kill(1))
    spec = tmp_path / "run/spec.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("format: 1", "format: 2", 1), encoding="utf-8")
    with pytest.raises(CheckpointError, match="format 2 is not known to this version, which reads format 1"):
        load(str(tmp_path / "run"))
