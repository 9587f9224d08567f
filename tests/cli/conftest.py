"""What every test of the command line uses: `seqloom(...)`, a command run in this process, in an empty folder."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Answer(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


Seqloom = Callable[..., Answer]


@pytest.fixture
def seqloom(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seqloom:
    """Return a function that runs a command line, with the bytes of stdin, in an empty folder of its own."""
    from seqloom.cli.main import main

    monkeypatch.chdir(tmp_path)

    def run(*args: str | Path, stdin: str | bytes = b"") -> Answer:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        written = capsys.readouterr()
        return Answer(code, written.out, written.err)

    return run
