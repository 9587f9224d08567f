"""Speed: Seqloom and its peers side by side, table by table, in one run.

    python bench/speed.py [TABLE ...] [--quick] [--cpu] [--rows TEXT] [--rounds N]

Without a name all tables run, in about half an hour on two quiet cores; peers are installed first where they are not
there. Results: bench/results/speed.json, speed.md and speed.png. How a table is written: bench/sidebyside/__init__.py.
"""

import subprocess
import sys
from pathlib import Path

from sidebyside.command import parser
from sidebyside.environments import all_names, python_of

TABLES = (
    "recurrent",
    "mingru",
    "attention",
    "transformer",
    "joeynmt",
    "decode",
    "generation",
    "streaming",
    "data",
    "memory",
)
"""Each is bench/speed_NAME.py, in the order of the page."""


def main() -> int:
    """Run the tables that were named, each as a process of its own, and say which failed."""
    made = parser(__doc__ or "")
    made.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    made.add_argument("--install", action="store_true", help="install the peers and end")
    asked = made.parse_args()
    if unknown := set(asked.tables) - set(TABLES):
        made.error(f"there is no table {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    if asked.install:
        for name in all_names():
            python_of(name)
        return 0
    passed = [word for word in sys.argv[1:] if word not in asked.tables]
    failed = []
    for name in asked.tables or TABLES:
        script = Path(__file__).with_name(f"speed_{name}.py")
        if subprocess.run([sys.executable, str(script), *passed], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
