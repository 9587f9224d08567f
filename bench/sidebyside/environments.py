"""Where peers live: an environment each, made at first use from the pinned packages of bench/peers/NAME.txt."""

import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
PINS = BENCH / "peers"
HOMES = BENCH / ".peers"


def python_of(name: str) -> str:
    """Return the Python of an environment, made first where it is not there or its pins changed.

    "ours" is the Python that runs this. Raises RuntimeError where packages cannot be installed.
    """
    if name == "ours":
        return sys.executable
    home, pins = HOMES / name, PINS / f"{name}.txt"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = home / "installed.txt"
    wanted = pins.read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"installing {name} into {home.relative_to(BENCH.parent)} (once) ...", file=sys.stderr, flush=True)
        words = [] if python.exists() else [[sys.executable, "-m", "venv", str(home)]]
        for command in [*words, [str(python), "-m", "pip", "install", "--quiet", "-r", str(pins)]]:
            if subprocess.run(command, check=False).returncode:
                raise RuntimeError(f"the peers of {pins.name} could not be installed: {' '.join(command)}")
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def all_names() -> list[str]:
    """Return the names of all environments."""
    return sorted(pins.stem for pins in PINS.glob("*.txt"))
