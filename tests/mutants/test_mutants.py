"""The catalogue cannot rot: every mutant still finds its text; and, when there is time, none survives."""

import subprocess
import sys
from pathlib import Path

import pytest
from catalogue import MUTANTS
from mutant import Mutant
from native_build import is_native

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src" / "seqloom"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_finds_what_it_breaks(mutant: Mutant) -> None:
    text = (SOURCE / mutant.file).read_text(encoding="utf-8")
    assert mutant.applied(text) != text
    if not is_native(mutant.file):
        compile(mutant.applied(text), mutant.file, "exec")


def test_names_differ_and_are_enough() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 24


def test_a_text_that_has_gone_is_told() -> None:
    with pytest.raises(ValueError, match=r"swap: the text to replace occurs 0 times in cells/gru\.py"):
        Mutant("swap", "cells/gru.py", "no such text", "").applied("z = 1")


@pytest.mark.slow
def test_no_mutant_survives() -> None:
    done = subprocess.run([sys.executable, str(HERE / "run.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
