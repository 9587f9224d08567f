"""What every test of the command line uses: `seqloom(...)`, a command run in this process, in an empty folder."""

import contextlib
import io
import sys
import tempfile
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
        capsys.readouterr()
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file, encoding="utf-8"))
            code = main([str(arg) for arg in args])
        written = capsys.readouterr()
        return Answer(code, written.out, written.err)

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data and runs that learnt it: runs/리뷰 (classify), runs/pairs and runs/hello (language)."""
    from seqloom.cli.main import main

    folder = tmp_path_factory.mktemp("trained")
    reviews = [f"{word} film {n % 5}\t{label}" for n in range(30) for word, label in WORDS]
    (folder / "reviews.tsv").write_text("text\tlabel\n" + "\n".join(reviews) + "\n", encoding="utf-8")
    pairs = [f"{a} {n % 7}\t{b} {n % 7}\t{'same' if a == b else 'other'}" for n in range(12) for a, b in PAIRS]
    (folder / "pairs.tsv").write_text("q1\tq2\tlabel\n" + "\n".join(pairs) + "\n", encoding="utf-8")
    (folder / "hello.txt").write_text("hello\n" * 60, encoding="utf-8")
    small = ["-s", "fit.lr=0.02", "-s", "fit.batch_tokens=512", "-s", "encoder.size=8", "-s", "source.size=16"]
    small += ["-s", "source.tokens=word", "-s", "source.dropout=0", "-s", "heads.label.dropout=0"]
    lines = [
        ["classify", "reviews.tsv", "--arch", "gru", "--steps", "60", "--out", "runs/리뷰", *small],
        ["classify", "pairs.tsv", "--arch", "bag", "--steps", "3", "--out", "runs/pairs", "--text-column", "q1,q2"],
        ["language", "hello.txt", "--arch", "rnn", "--steps", "80", "--out", "runs/hello", *HELLO],
    ]
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for line in lines:
            assert main(["train", *line]) == 0
    return folder


WORDS = [("훌륭한", "긍정"), ("fine", "긍정"), ("지루한", "부정"), ("dull", "부정")]
PAIRS = [("rain", "rain"), ("rain", "snow"), ("눈", "눈"), ("눈", "비")]
HELLO = ["-s", "target.embed=onehot", "-s", "decoder.size=16", "-s", "fit.lr=0.02", "-s", "fit.window=16"]
