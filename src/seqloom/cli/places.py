"""Places that will be written to, tried before anything is computed."""

import tempfile
from pathlib import Path

from seqloom.errors import InputError


def check_writable(path: Path) -> None:
    """Raise InputError where a file or a folder cannot be made at a path; nothing is left there.

    The nearest folder that exists is tried by making one in it, which tells what rights and kinds of disk do not.
    """
    ancestor = next(one for one in (path, *path.absolute().parents) if one.exists())
    if ancestor == path and not path.is_dir():
        ancestor = path.absolute().parent
    if not ancestor.is_dir():
        raise InputError(f"{path}: {ancestor} is a file, no folder.")
    try:
        with tempfile.TemporaryDirectory(prefix=".seqloom-", dir=ancestor):
            pass
    except OSError as error:
        raise InputError(
            f"{path}: nothing can be written to {ancestor} ({error.strerror or error}); name another place."
        ) from None
