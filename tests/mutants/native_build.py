"""The native library of a copy of the source, for mutants of C++."""

import importlib.util
import os
from pathlib import Path


def is_native(file: str) -> bool:
    """Whether a file of the package is compiled."""
    return file.endswith((".cpp", ".h"))


def build(source: Path, cache: Path) -> None:
    """Build the library into the package in `source`, whatever its state, and let it be the one that is loaded.

    Objects are kept in `cache`. The builder is loaded by its place: nothing of the package is imported. Raises
    RuntimeError where it cannot be built.
    """
    os.environ.pop("SEQLOOM_NATIVE", None)
    spec = importlib.util.spec_from_file_location("mutant_build", source / "seqloom" / "kernels" / "build.py")
    assert spec is not None and spec.loader is not None
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    try:
        builder.build(cache=cache)
    except builder.NotBuiltError as error:
        raise RuntimeError(f"the native library cannot be built: {error}") from error
