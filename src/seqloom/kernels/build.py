"""Build the native library with whatever C++ compiler is there: at install, or later by

    python -m seqloom.kernels.build [--only gru,scan] [--out FILE] [--sanitize]

Needs only the standard library, for an install runs it before anything else is there. Each source is compiled once for
each level of instructions; objects are kept under `build/` of a checkout, so that a second build is quick. Without a
compiler, or on a processor other than x86-64, nothing is built, the reason is left in `not-built.txt` beside the
sources, and everything runs on the plain forms.
"""

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).with_name("native")
NAME = "libseqloom.so"
ABI = "1"
LEVELS = {
    "avx2": ["-mavx2", "-mfma", "-mf16c"],
    "avx512": ["-mavx2", "-mfma", "-mf16c", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"],
    "vnni": ["-mavx2", "-mfma", "-mf16c", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni"],
}
FLAGS = ["-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti", "-fno-math-errno"]
FLAGS += ["-fno-trapping-math", "-ffp-contract=fast", "-Wall", "-Wextra", "-Wno-unused-function"]
SANITIZE = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
SECONDS = 600
"""One compilation may take this long."""


class NotBuiltError(Exception):
    """Why there is no library."""


def fingerprint(folder: Path = SOURCES) -> str:
    """Return a hash of all sources; a library carries that of the ones it was built from."""
    whole = hashlib.sha256()
    for path in sorted([*folder.glob("*.cpp"), *folder.glob("*.h")]):
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16]


def compiler() -> str:
    """Return the compiler that CXX names, else the first of those usual. Raises NotBuiltError."""
    for name in (os.environ.get("CXX"), "c++", "g++", "clang++"):
        found = shutil.which(name) if name else None
        if found:
            return found
    raise NotBuiltError("no C++ compiler was found (c++, g++, clang++, or what CXX names)")


def build(
    out: Path | None = None, only: set[str] | None = None, sanitize: bool = False, cache: Path | None = None
) -> Path:
    """Compile and link; return the library's path. Raises NotBuiltError, leaving what was there before.

    `only` names sources to take besides what all need. `cache` keeps objects between builds.
    """
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "AMD64"):
        raise NotBuiltError(f"only for Linux on x86-64 so far, and this is {platform.system()} {platform.machine()}")
    cxx, out = compiler(), SOURCES / NAME if out is None else out
    flags = [*FLAGS, *(SANITIZE if sanitize else [])]
    jobs: list[tuple[Path, list[str]]] = [
        (SOURCES / "base.cpp", [f'-DSL_SOURCE="{fingerprint()}"', f'-DSL_ABI="{ABI}"'])
    ]
    for source in sorted(SOURCES.glob("*.cpp")):
        if source.stem != "base" and (only is None or source.stem in only):
            jobs += [(source, [f"-DSL_LEVEL={level}", *extra]) for level, extra in LEVELS.items()]
    with tempfile.TemporaryDirectory(prefix="seqloom-native-") as scratch:
        folder = Path(scratch) if cache is None else cache
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
            objects = list(pool.map(lambda job: _compiled(cxx, job[0], [*flags, *job[1]], folder), jobs))
        linked = Path(scratch) / NAME
        _run([cxx, "-shared", *(SANITIZE if sanitize else []), *map(str, objects), "-o", str(linked), "-ldl"])
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = out.with_name(f".{out.name}.{os.getpid()}")
        shutil.copyfile(linked, beside)
        os.replace(beside, out)
    return out


def attempt(cache: Path | None = None) -> str:
    """Build for an install: return "" or the reason, which is also left beside the sources. Never raises."""
    note = SOURCES / "not-built.txt"
    try:
        build(cache=cache)
    except (NotBuiltError, OSError) as error:
        note.write_text(f"{error}\n", encoding="utf-8")
        return str(error)
    note.unlink(missing_ok=True)
    return ""


def _compiled(cxx: str, source: Path, flags: list[str], folder: Path) -> Path:
    """Compile one source unless its object, named by all that goes into it, is there."""
    key = hashlib.sha256(" ".join([cxx, *flags]).encode())
    for path in _with_headers(source):
        key.update(path.read_bytes())
    made = folder / f"{source.stem}-{key.hexdigest()[:16]}.o"
    if not made.is_file():
        beside = folder / f".{made.name}.{os.getpid()}"
        _run([cxx, *flags, "-c", str(source), "-o", str(beside)])
        os.replace(beside, made)
    return made


def _with_headers(source: Path) -> list[Path]:
    """Return a source and the headers of its folder that it includes, those of these headers too."""
    found = [source]
    for path in found:  # grows as it is read
        named = re.findall(r'^#include "(.+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        found += [SOURCES / name for name in dict.fromkeys(named) if SOURCES / name not in found]
    return found


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotBuiltError(f"{Path(command[0]).name} took more than {SECONDS} s") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
        raise NotBuiltError(f"{Path(command[0]).name} failed: {' | '.join(said[:3])[:600]}")


def main() -> int:
    """Build by hand; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m seqloom.kernels.build", description="Build the native library.")
    parser.add_argument("--out", type=Path, help="where to write it, instead of into the package")
    parser.add_argument("--only", help="sources to take, by name and commas, besides the base")
    parser.add_argument("--sanitize", action="store_true", help="with AddressSanitizer and UBSan")
    asked = parser.parse_args()
    only = set(asked.only.split(",")) if asked.only else None
    checkout = SOURCES.parents[3]
    cache = checkout / "build" / "native" if (checkout / "hatch_build.py").is_file() else None
    try:
        path = build(asked.out, only, asked.sanitize, cache)
    except (NotBuiltError, OSError) as error:
        print(f"not built: {error}", file=sys.stderr)
        return 2
    if asked.out is None:
        (SOURCES / "not-built.txt").unlink(missing_ok=True)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
