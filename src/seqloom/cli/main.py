"""`seqloom`: the table of verbs, and what each kind of error answers to the shell.

Exit codes: 0 done, 1 an error of Seqloom itself, 2 bad input or usage, 3 checkpoint, 4 numbers (NaN), 5 resources,
130 and 143 signals. No verb's module imports torch before its body runs, so that help and usage errors are quick.
"""

import contextlib
import errno
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

from seqloom import __version__
from seqloom.cli.advise import advise
from seqloom.cli.check import check
from seqloom.cli.compare import compare
from seqloom.cli.demo import demo
from seqloom.cli.doctor import doctor
from seqloom.cli.evaluate import evaluate
from seqloom.cli.explain import explain as explain_row
from seqloom.cli.generate import generate
from seqloom.cli.listing import listing
from seqloom.cli.make_data import make_data
from seqloom.cli.output import say
from seqloom.cli.predict import predict
from seqloom.cli.report import report
from seqloom.cli.run_list import run_list
from seqloom.cli.score import score
from seqloom.cli.show import show
from seqloom.cli.study import study
from seqloom.cli.train import train
from seqloom.cli.tune import tune
from seqloom.errors import ResourceError, SeqloomError

app = typer.Typer(
    name="seqloom",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""Every wrong command line; typer has no public name for it."""


def _version(asked: bool) -> None:
    if asked:
        print(f"seqloom {__version__}")
        raise typer.Exit


@app.callback()
def seqloom(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error happened, as a traceback.")] = False,
) -> None:
    """Train, compare, explain and ship sequence models, from the plain recurrent network to the Transformer.

    \b
    Start with:
      seqloom demo
    or with a file of your own:
      seqloom train classify reviews.tsv --arch bilstm
      seqloom train language book.txt --arch gru
    """


app.command()(demo)
app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(generate)
app.command()(score)
app.command()(compare)
app.command()(advise)
app.command()(tune)
app.command("explain")(explain_row)
app.command()(study)
app.command()(report)
app.command("runs")(run_list)
app.command()(check)
app.command()(show)
app.command("list")(listing)
app.command("make-data")(make_data)
app.command(short_help="Say what this machine has for training, and what is missing.")(doctor)


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if args is None else args)
    ours = words[: words.index("--")] if "--" in words else words
    debug = "--debug" in ours  # wherever it stands: people add it at the end of what failed
    words = [word for word in ours if word != "--debug"] + words[len(ours) :]
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
            stream.reconfigure(encoding="utf-8")
    if not debug:
        warnings.filterwarnings("ignore", module="torch")
    try:
        command = typer.main.get_command(app)
        with command.make_context("seqloom", words) as context:
            command.invoke(context)
        sys.stdout.flush()
        return 0
    except BrokenPipeError:
        _close_quietly()  # who reads us has enough, as `head` does
        return 0
    except BaseException as error:
        code, text = explain(error)
        if debug and not isinstance(error, typer.Exit):
            traceback.print_exception(error)
        if text:
            say(text)
        return code


def explain(error: BaseException) -> tuple[int, str]:
    """Return the exit code of an error and the text that a person reads (empty: nothing to say)."""
    if isinstance(error, typer.Exit):
        return error.exit_code, ""
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return 130, "seqloom: stopped."
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1, ""
    if isinstance(error, SeqloomError):
        return error.code, f"seqloom: {error}"
    if isinstance(error, UsageError):
        return 2, _usage(error)
    if _out_of_memory(error):
        return ResourceError.code, (
            f"seqloom: the memory is used up ({_first_line(error)}). "
            "Make batches smaller, such as -s fit.batch_tokens=1024, or the model, or cut long rows with "
            "-s source.max_length=256."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EIO):
        return ResourceError.code, f"seqloom: {_place(error)}{error.strerror}. Nothing that was saved before is harmed."
    if isinstance(error, OSError) and error.filename is not None:
        return 2, f"seqloom: {_place(error)}{error.strerror}."
    return 1, (
        f"seqloom: an error of Seqloom itself, not of yours: {type(error).__name__}: {_first_line(error)}\n"
        "Please report it with the command you typed; the same command with --debug shows where it happened."
    )


def _usage(error: Exception) -> str:
    """Say a usage error as the other errors are said, and where the help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "seqloom"
    text = str(error.format_message()) if hasattr(error, "format_message") else str(error)
    if type(error).__name__ == "NoArgsIsHelpError":
        return text
    text = " ".join(text.split())
    text += "" if text.endswith((".", "?")) else "."
    return f"seqloom: {text[:1].lower()}{text[1:]} See: {path} --help"


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and ("can't allocate memory" in str(error) or "alloc_cpu" in str(error))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _place(error: OSError) -> str:
    return f"{error.filename}: " if error.filename else ""


def _close_quietly() -> None:
    """Send what is still buffered for stdout to nowhere, so that Python's exit does not complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
