"""How soon the command line answers: the median of nine calls, which must stay under half a second.

python bench/startup.py        writes bench/results/startup.md
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
WORDS = (["--help"], ["--version"], ["train", "--help"], ["train", "--nonsense"])


def main() -> None:
    """Time each line and write the table."""
    lines = [
        "# Start-up",
        "",
        "`python bench/startup.py`: median and slowest of nine calls, in seconds; the mark is 0.5.",
        "",
    ]
    lines += ["| command | median | slowest |", "|---|---|---|"]
    for words in WORDS:
        times = [_seconds(words) for _ in range(9)]
        lines.append(f"| seqloom {' '.join(words)} | {statistics.median(times):.3f} | {max(times):.3f} |")
    (RESULTS / "startup.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _seconds(words: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "seqloom.cli.main", *words], capture_output=True, check=False)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
