"""The tests of this folder once more, on a library that watches every access and every overflow (ASan, UBSan)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.kernels.build import NotBuiltError, build, compiler

HERE = Path(__file__).parent
BEYOND = """
import torch
from seqloom.kernels.library import native
x, y = torch.zeros(100_000), torch.zeros(100_000)
native().bind("function", "ppii")(x.data_ptr(), y.data_ptr(), 200_000, 0)
"""
"""Writes behind the end of a tensor."""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the watching library is used."""
    try:
        cxx = compiler()
    except NotBuiltError as error:
        pytest.skip(str(error))
    runtimes = [
        subprocess.run([cxx, f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan.so", "libubsan.so")
    ]
    if shutil.which(cxx) is None or not all(Path(path).is_absolute() for path in runtimes):
        pytest.skip("this compiler has no sanitizers")
    library = build(tmp_path_factory.mktemp("watched") / "libseqloom.so", sanitize=True)
    own = {"SEQLOOM_NATIVE": str(library), "LD_PRELOAD": " ".join(runtimes), "ASAN_OPTIONS": "detect_leaks=0"}
    return {**os.environ, **own, "SEQLOOM_KERNELS": "on"}


@pytest.mark.slow
def test_a_write_behind_the_end_is_seen(watched: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", BEYOND], env=watched, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "heap-buffer-overflow" in done.stderr


@pytest.mark.slow
def test_every_native_path_is_clean(watched: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "-m", "not slow", str(HERE)]
    done = subprocess.run(command, env=watched, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
