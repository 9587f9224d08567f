"""Scratch: a temporary file for what does not fit in memory, deleted when nobody needs it."""

import contextlib
import errno
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

from seqloom.errors import ResourceError


class Scratch:
    """A file in the system's temporary folder that lives as long as this object, and no longer than its process."""

    def __init__(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix="seqloom-")
        os.close(descriptor)
        self.path = Path(name)
        # A forked worker inherits the object; only the process that made the file may delete it.
        self._end = weakref.finalize(self, _delete, self.path, os.getpid())

    def delete(self) -> None:
        """Delete the file now. On POSIX what is mapped or open stays readable."""
        self._end()


def _delete(path: Path, owner: int) -> None:
    if os.getpid() == owner:
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def room_needed() -> Iterator[None]:
    """Turn a full disk into a ResourceError that says which folder is full and how to choose another."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        folder = tempfile.gettempdir()
        raise ResourceError(
            f"no space left in {folder} for a temporary copy of the data. Free some, or set TMPDIR to a larger disk."
        ) from None
