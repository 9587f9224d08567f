"""Processes that share what one of them opened; run by tests in a fresh Python, which has no thread to fork in between.

python sharing.py blob FILE METHOD      python sharing.py rows FILE LIMIT      prints what each process found
"""

import multiprocessing
import os
import sys
from typing import Any

from seqloom.data import blob as blobs
from seqloom.data.rows import read


def lines(blob: blobs.Blob, start: int, answers: Any) -> None:
    """Say whether every second line is what was written."""
    answers.put(all(blob.read(8 * row, 8 * row + 8) == b"%07d\n" % row for row in range(start, 2000, 2)))


def total(rows: Any, start: int, answers: Any) -> None:
    """Add up a column."""
    answers.put(sum(int(row.values["n"]) for row in rows))


def main() -> None:
    """Share with two processes and look at once in this one."""
    what, file, how = sys.argv[1:]
    if "without" in how:  # as on Windows; then only a handle of its own keeps a process's position
        del os.pread
    context = multiprocessing.get_context("spawn" if how == "spawn" else "fork")
    answers = context.SimpleQueue()
    shared: Any
    if what == "blob":
        shared, work = blobs.load(file, memory_limit=10), lines
        shared.read(0, 8)  # opened before the processes start, as a parent that looked at its data does
    else:
        shared, work = read(file, header=True, memory_limit=int(how)), total
        list(shared)
    workers = [context.Process(target=work, args=(shared, start, answers)) for start in (0, 1)]
    for worker in workers:
        worker.start()
    work(shared, 0, answers)
    print(*[answers.get() for _ in range(3)])
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
