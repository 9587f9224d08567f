"""main: exit codes, messages without tracebacks, and no torch before it is needed."""

import errno
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from seqloom import __version__
from seqloom.cli import main as cli
from seqloom.errors import CheckpointError, InputError, Interrupted, NumberError, ResourceError

VERBS = (
    *("demo", "train", "evaluate", "predict", "generate", "score", "explain", "study"),
    *("check", "compare", "advise", "show", "list", "make-data", "doctor", "tune", "report", "runs"),
)


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["--help"],
        ["--version"],
        *([verb, "--help"] for verb in VERBS),
        ["trian"],
        ["train"],
        ["train", "classify"],
        ["train", "clasify"],
        ["train", "classify", "x.tsv", "--stepps", "3"],
        ["predict"],
        ["predict", "runs/none"],
        ["generate", "runs/none", "--length", "0"],
        ["explain", "runs/none", "--input", "x"],
        ["explain", "r", "--input", "x", "--views", ","],
        ["study"],
        ["study", "vanising"],
        ["study", "--all", "vanishing"],
        ["list", "nothing"],
        ["train", "--resume"],
        ["report"],
        ["report", "runs/none"],
        ["runs", "here", "--sort"],
        ["runs", "--diff", "a"],
        ["tune"],
        ["tune", "--resume"],
    ],
    ids=" ".join,
)
def test_help_and_wrong_usage_do_not_import_torch(line: list[str], tmp_path: object) -> None:
    program = (
        "import sys\n"
        "from seqloom.cli.main import main\n"
        f"code = main({line!r})\n"
        "heavy = [name for name in ('torch', 'numpy', 'tokenizers') if name in sys.modules]\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=str(tmp_path))
    assert "imported" not in done.stderr, done.stderr
    wrong = not line or not ({"--help", "--version"} & set(line))
    assert done.returncode == (0 if not wrong else 3 if "runs/none" in line and "0" not in line else 2)
    assert "Traceback" not in done.stderr


def test_version(seqloom: Callable) -> None:
    assert seqloom("--version") == (0, f"seqloom {__version__}\n", "")


def test_no_words_show_the_help(seqloom: Callable) -> None:
    code, out, err = seqloom()
    assert code == 2 and out == "" and all(verb in err for verb in VERBS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["trian"], "seqloom: no such command 'trian'. Did you mean 'train'? See: seqloom --help\n"),
        (["predict"], "seqloom: missing argument 'RUN'. See: seqloom predict --help\n"),
        (["generate", "x", "--length", "0"], "seqloom: invalid value for '--length'"),
        (["train", "classify", "x", "--stepps", "3"], "seqloom: no such option: --stepps"),
        (
            ["train", "classify", "x", "extra"],
            "seqloom: got unexpected extra argument(s) (extra). See: seqloom train --help",
        ),
    ],
)
def test_a_usage_error_is_one_line_and_says_where_the_help_is(seqloom: Callable, line: list[str], said: str) -> None:
    code, out, err = seqloom(*line)
    assert code == 2 and out == "" and err.startswith(said) and err.count("\n") == 1 and "--help" in err


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("seqloom.cli.listing.everything", fail)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("a.tsv:3: too wide."), 2, "seqloom: a.tsv:3: too wide.\n"),
        (CheckpointError("cut short."), 3, "seqloom: cut short.\n"),
        (NumberError("NaN."), 4, "seqloom: NaN.\n"),
        (ResourceError("no GPU."), 5, "seqloom: no GPU.\n"),
        (Interrupted("saved.", 143), 143, "seqloom: saved.\n"),
        (KeyboardInterrupt(), 130, "seqloom: stopped.\n"),
        (MemoryError(), 5, "seqloom: the memory is used up (MemoryError). Make batches smaller"),
        (torch.OutOfMemoryError("CUDA out of memory"), 5, "seqloom: the memory is used up (CUDA out of memory)."),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: 1 bytes"),
            5,
            "seqloom: the memory is used up ([enforce fail",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), 5, "seqloom: No space left on device."),
        (PermissionError(errno.EACCES, "Permission denied", "한글.tsv"), 2, "seqloom: 한글.tsv: Permission denied.\n"),
        (ValueError("odd\nand more"), 1, "seqloom: an error of Seqloom itself, not of yours: ValueError: odd\nPlease"),
        (RuntimeError("shapes differ"), 1, "seqloom: an error of Seqloom itself"),
    ],
)
def test_each_kind_of_error_has_its_code_and_no_traceback(
    seqloom: Callable, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    raising(monkeypatch, error)
    answer = seqloom("list", "cells")
    assert answer.code == code and answer.out == ""
    assert answer.err.startswith(said) and "Traceback" not in answer.err


@pytest.mark.parametrize("line", [["--debug", "list", "cells"], ["list", "cells", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(
    seqloom: Callable, monkeypatch: pytest.MonkeyPatch, line: list[str]
) -> None:
    raising(monkeypatch, ValueError("odd"))
    code, _, err = seqloom(*line)
    assert code == 1 and "Traceback" in err and "ValueError: odd" in err


def test_words_after_two_dashes_are_arguments(seqloom: Callable) -> None:
    assert "cannot list '--debug'" in seqloom("list", "--", "--debug").err


def test_a_reader_that_stops_is_no_error() -> None:
    command = f"{sys.executable} -m seqloom.cli.main list archs | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)


def test_a_full_disk_under_stdout_is_said() -> None:
    command = f"{sys.executable} -m seqloom.cli.main list archs > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 5 and done.stderr.startswith("seqloom: No space left on device.")


def test_output_is_utf8_in_any_locale() -> None:
    environment = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}
    program = "from seqloom.cli import main, output; output.say('한글'); main.main(['list', '한글'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, text=False)
    assert "cannot list '한글'" in done.stderr.decode()


def test_every_verb_is_in_the_table() -> None:
    assert {command.name or command.callback.__name__ for command in cli.app.registered_commands} == set(VERBS)  # type: ignore[union-attr]
