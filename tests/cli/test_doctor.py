"""Doctor: the facts are plain and complete, and what is missing comes with the line that mends it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom import __version__
from seqloom.cli import doctor as module
from seqloom.cli.doctor import EXTRAS, doctor, facts, lines
from seqloom.kernels import product
from seqloom.kernels.library import Library
from seqloom.kernels.paths import PATHS

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


@pytest.fixture
def known() -> dict[str, Any]:
    return facts(seconds=0.001)


def test_the_facts_are_true_and_fit_json(known: dict[str, Any]) -> None:
    assert json.loads(json.dumps(known)) == known
    assert known["seqloom"] == __version__
    assert known["torch"] == torch.__version__
    assert known["threads"] == torch.get_num_threads()
    assert len(known["cuda"]) == torch.cuda.device_count()
    assert known["cores"] >= 1 and known["disk_free"] > 0
    assert known["speed"]["matmul_gflops"] > 0 and known["speed"]["lstm_tokens_per_second"] > 0
    total, available = known["memory"]["total"], known["memory"]["available"]
    assert total is None or 0 <= available <= total


def test_what_is_missing_comes_with_its_pip_line(known: dict[str, Any]) -> None:
    told = dict(lines({**known, "extras": {"report": ["altair", "vl_convert"], "metrics": []}, "compiler": None}))
    assert told["extra report"] == "missing altair, vl_convert: pip install 'seqloom[report]'"
    assert told["extra metrics"] == "present"
    assert told["C++ compiler"] == "none: torch.compile will not work"


def test_it_says_which_fast_paths_are_on_and_why_others_are_not(known: dict[str, Any]) -> None:
    paths = [{"name": "a", "about": "a thing", "why_not": ""}, {"name": "b", "about": "b", "why_not": "no library"}]
    there = {"level": "avx2", "reason": "", "threads": True}
    told = dict(lines({**known, "fast_paths": paths, "native": there}))
    assert told["fast path a"] == "on: a thing"
    assert told["fast path b"] == "off: no library"
    assert told["native library"] == "on, level avx2, with torch's threads"
    none = {"level": None, "reason": "not built: why", "threads": False}
    assert dict(lines({**known, "native": none}))["native library"] == "none: not built: why"


def test_fast_paths_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQLOOM_KERNELS", "off")
    known = facts(seconds=0.001)
    assert known["native"]["level"] is None
    assert [path["name"] for path in known["fast_paths"]] == list(PATHS)
    assert all("SEQLOOM_KERNELS" in path["why_not"] for path in known["fast_paths"])


def test_a_path_that_pays_elsewhere_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Library, "has", lambda *names: True)
    for word, intel, reason in [("avx2", False, "from AVX-512 on"), ("vnni", True, "Intel"), ("vnni", False, "")]:
        monkeypatch.setattr(product, "native", lambda word=word: Library(None, word))
        monkeypatch.setattr(product, "_intel", lambda intel=intel: intel)
        assert (reason in product.why_not()) and bool(product.why_not()) == bool(reason)
        assert PATHS["product"].idle is product.why_not


def test_a_missing_package_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXTRAS", {"report": ("json", "no_such_package")})
    assert facts(seconds=0.001)["extras"] == {"report": ["no_such_package"]}


def test_the_extras_are_those_of_the_package() -> None:
    declared = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(declared) - {"dev"}
    for name, modules in EXTRAS.items():
        wanted = [line.split(">")[0].removesuffix("-python").replace("-", "_") for line in declared[name]]
        assert list(modules) == ["PIL" if package == "Pillow" else package for package in wanted]


def test_devices_and_sizes_are_said_in_words(known: dict[str, Any]) -> None:
    gpu = {"name": "Sample GPU", "memory": 24 * 2**30, "capability": "8.9"}
    some = {
        **known,
        "cuda": [gpu],
        "bf16": {"cpu": False, "cuda": True},
        "memory": {"total": 8 * 2**30, "available": 3 * 2**29},
        "speed": {"device": "cuda", "matmul_gflops": 12345.6, "lstm_tokens_per_second": 987654.3},
    }
    told = dict(lines(some))
    assert told["CUDA"] == "Sample GPU, 24.0 GiB, capability 8.9"
    assert told["bf16 on CUDA"] == "yes"
    assert told["bf16 on the CPU"] == "works, no faster than fp32"
    assert told["memory"] == "1.5 GiB free of 8.0 GiB"
    assert told["matrix product"] == "12,346 GFLOP/s on cuda"
    assert told["LSTM training"] == "987,654 tokens/s (size 128) on cuda"


def test_without_a_device_it_says_where_training_runs(known: dict[str, Any]) -> None:
    told = dict(lines({**known, "cuda": [], "memory": {"total": None, "available": None}}))
    assert told["CUDA"] == "no device that torch can use: training runs on the CPU"
    assert "bf16 on CUDA" not in told
    assert told["memory"] == "unknown"


def test_it_prints_a_table_or_json(
    known: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "facts", lambda: known)
    doctor()
    out = capsys.readouterr().out
    for what, here in lines(known):
        assert what in out and here in out
    doctor(json=True)
    assert json.loads(capsys.readouterr().out) == known


def test_importing_it_imports_no_torch() -> None:
    code = "import sys, seqloom.cli.doctor; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
