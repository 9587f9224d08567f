"""The peak of a process is what it has held at most, whatever it holds now."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seqloom.training import peak as peaks
from seqloom.training.peak import cuda_peak, peak

MANY = """
from seqloom.training.peak import peak
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
        monkeypatch.setattr(peaks, "STATUS", place)
        other = peak()
        assert other is not None and other >= 0.9 * known
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak() is None


def test_a_cpu_has_no_memory_of_a_gpu() -> None:
    assert cuda_peak(torch.device("cpu")) is None


RISES = """
import torch
from seqloom.training.peak import Rise, peak
whole = b"1" * (300 << 20)
del whole
rise = Rise(torch.device("cpu"))
held = b"1" * (100 << 20)
del held
print(rise.bytes(), peak())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux counts a peak from any time on")
def test_a_rise_is_what_came_after_and_the_peak_is_still_of_all() -> None:
    told = subprocess.run([sys.executable, "-c", RISES], capture_output=True, text=True, check=True).stdout.split()
    assert 90 << 20 < int(told[0]) < 160 << 20
    assert int(told[1]) > 300 << 20


def test_a_rise_is_unknown_where_the_system_does_not_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peaks, "CLEAR", tmp_path / "none" / "clear_refs")
    assert peaks.Rise(torch.device("cpu")).bytes() is None
