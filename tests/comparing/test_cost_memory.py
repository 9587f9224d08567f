"""The peak of a process is what it has held at most, whatever it holds now."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seqloom.comparing import cost_memory
from seqloom.comparing.cost_memory import cuda_peak, peak

MANY = """
from seqloom.comparing.cost_memory import peak
before = peak()
held = b"1" * (200 << 20)
del held
print(peak() - before)
"""


def test_the_peak_stays_after_what_was_held_is_gone() -> None:
    told = subprocess.run([sys.executable, "-c", MANY], capture_output=True, text=True, check=True)
    assert 190 << 20 < int(told.stdout) < 260 << 20


def test_without_proc_the_systems_own_count_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = peak()
    assert known is not None
    for text in (None, "Name: python\n"):
        place = tmp_path / "status"
        if text is not None:
            place.write_text(text)
        monkeypatch.setattr(cost_memory, "STATUS", place)
        other = peak()
        assert other is not None and other >= 0.9 * known
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak() is None


def test_a_cpu_has_no_memory_of_a_gpu() -> None:
    assert cuda_peak(torch.device("cpu")) is None
