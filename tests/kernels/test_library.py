"""The native library: found, refused or absent, and its products and functions beside torch's."""

import math
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seqloom.errors import InputError
from seqloom.kernels import build, library
from seqloom.kernels.library import Library, native, reason
from seqloom.kernels.switch import LEVELS, VARIABLE, enabled

SIZES = [(1, 1, 1), (1, 70, 33), (2, 65, 5), (3, 129, 64), (5, 31, 1), (7, 64, 100), (13, 33, 17), (25, 200, 40)]
"""rows, n, k"""


def test_nothing_runs_as_the_library_is_loaded(native_library: Library) -> None:
    # Each level would run its own instructions then, those that the processor lacks among them.
    built = Path(native_library._handle._name).read_bytes()
    assert re.findall(rb"_GLOBAL__sub_I_[a-z_]+\.cpp", built) == []
    assert b"sl_scan_forward_avx2" in built  # names are in it


def test_where_there_is_a_compiler_there_is_the_library() -> None:
    try:
        build.compiler()
    except build.NotBuiltError:
        pytest.skip("no compiler")
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        pytest.skip("only for Linux on x86-64")
    assert library._load()[2] in ("", "this processor lacks AVX2 or FMA"), "run: make install"


@pytest.mark.parametrize("rows, n, k", SIZES)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_product_is_torchs(native_level: Library, rows: int, n: int, k: int, transposed: bool, threads: int) -> None:
    generator = torch.Generator().manual_seed(rows)
    a = torch.randn(rows, k, generator=generator)
    w = torch.randn(*((k, n) if transposed else (n, k)), generator=generator)
    before = torch.randn(rows, n, generator=generator)
    c = before.clone()
    product = native_level.bind("product", "pppiiiiii")
    whole = (a.double() @ (w if transposed else w.T).double()).float()
    product(a.data_ptr(), w.data_ptr(), c.data_ptr(), rows, n, k, transposed, 0, threads)
    torch.testing.assert_close(c, whole, rtol=1e-5, atol=1e-5)
    c = before.clone()
    product(a.data_ptr(), w.data_ptr(), c.data_ptr(), rows, n, k, transposed, 1, threads)
    torch.testing.assert_close(c, before + whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("which, exact", [(0, torch.exp), (1, torch.sigmoid), (2, torch.tanh)])
def test_functions_are_torchs_to_the_last_digits(native_level: Library, which: int, exact: object) -> None:
    assert callable(exact)
    spread = torch.logspace(-30, math.log10(80), 4001, dtype=torch.float64).float()
    x = torch.cat([spread, -spread, torch.tensor([0.0, -0.0, 88.0, -88.0, -103.0, 0.625, -0.625])])
    y = torch.empty_like(x)
    native_level.bind("function", "ppii")(x.data_ptr(), y.data_ptr(), len(x), which)
    torch.testing.assert_close(y.double(), exact(x.double()), rtol=4e-7, atol=1e-38)


@pytest.mark.parametrize(
    "which, answers", [(0, [math.inf, 0.0, math.nan]), (1, [1.0, 0.0, math.nan]), (2, [1.0, -1.0, math.nan])]
)
def test_infinities_and_nan_pass_through(native_level: Library, which: int, answers: list[float]) -> None:
    x = torch.tensor([math.inf, -math.inf, math.nan] * 9)
    y = torch.empty_like(x)
    native_level.bind("function", "ppii")(x.data_ptr(), y.data_ptr(), len(x), which)
    torch.testing.assert_close(y, torch.tensor(answers * 9), equal_nan=True)


def test_nothing_is_written_behind_the_end(native_level: Library) -> None:
    for n in range(1, 40):
        x, y = torch.zeros(n), torch.full((n + 20,), 7.0)
        native_level.bind("function", "ppii")(x.data_ptr(), y.data_ptr(), n, 0)
        assert y.tolist() == [1.0] * n + [7.0] * 20


def test_it_can_be_switched_off(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert native() is None
    assert not enabled()
    assert "SEQLOOM_KERNELS" in reason()


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "fast")
    with pytest.raises(InputError, match="on, off, avx2"):
        native()


def test_a_lower_level_is_forced_and_a_higher_is_not(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "avx2")
    low = native()
    assert low is not None
    assert low.level == "avx2"
    monkeypatch.setenv(VARIABLE, LEVELS[-1])
    high = native()
    assert high is not None
    assert high.level == native_library.level


def run(script: str, **environment: str) -> str:
    """Run a script in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, VARIABLE: "on", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


TELL = "from seqloom.kernels.library import native, reason; print(native(), reason())"


def test_a_library_that_cannot_be_loaded_is_a_reason_and_no_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"no library")
    assert "cannot be loaded" in run(TELL, SEQLOOM_NATIVE=str(broken))
    assert "not built" in run(TELL, SEQLOOM_NATIVE=str(tmp_path / "none.so"))


def test_sources_that_changed_make_it_stale(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(library.OWN, raising=False)
    monkeypatch.setattr(library, "fingerprint", lambda: "another")
    library._load.cache_clear()
    try:
        assert native() is None
        assert "older sources" in reason()
    finally:
        library._load.cache_clear()


def test_without_a_compiler_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda name: None)
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    assert "no C++ compiler" in build.attempt()
    assert "no C++ compiler" in (tmp_path / "not-built.txt").read_text()


def test_on_another_processor_nothing_is_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build.platform, "machine", lambda: "aarch64")
    with pytest.raises(build.NotBuiltError, match="aarch64"):
        build.build(tmp_path / "x.so")


def test_a_source_that_does_not_compile_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    try:
        build.compiler()
    except build.NotBuiltError:
        pytest.skip("no compiler")
    (tmp_path / "base.cpp").write_text("int broken(\n")
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    assert "failed" in build.attempt()
    assert not (tmp_path / build.NAME).exists()


def test_an_object_hangs_on_the_headers_that_its_source_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    (tmp_path / "one.cpp").write_text('#include <cmath>\n#include "near.h"\n')
    (tmp_path / "near.h").write_text('#include "far.h"\n#include "near.h"\n')
    (tmp_path / "far.h").write_text("")
    (tmp_path / "other.h").write_text("")
    assert [path.name for path in build._with_headers(tmp_path / "one.cpp")] == ["one.cpp", "near.h", "far.h"]
