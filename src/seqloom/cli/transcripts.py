"""What `predict` shows of recordings that are transcribed: texts, with --times when each word was said, and with
--stream what is said while it is heard."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from seqloom.cli.answers import Answers, named
from seqloom.cli.output import field, json_line, note
from seqloom.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seqloom.cli.ways import Wish
    from seqloom.tasks.transcripts import Transcript
    from seqloom.training.run import Run

OWN = {"times", "stream"}
"""Options of `predict` that are for recordings alone."""
PIECE = 0.1
"""Seconds of a file that are heard at once where it is streamed."""


class Timed:
    """Writes a line for each word: the row or its file, when the word begins and ends in seconds, and the word."""

    def __init__(self, json: bool) -> None:
        self._json, self._row = json, 0

    def __call__(self, answer: "Transcript", values: Mapping[str, str]) -> None:
        """Write the words of one recording."""
        self._row += 1
        if self._json:
            words = [
                {"text": one.text, "start": round(one.start, 3), "end": round(one.end, 3), "logprob": one.logprob}
                for one in answer.words
            ]
            json_line({**named(values), "text": answer.text, "words": words})
            return
        if self._row == 1:
            note(f"columns: {'file' if named(values) else 'row'}, begin and end in seconds, word")
        who = field(next(iter(named(values).values()), str(self._row)))
        for word in answer.words:
            print(f"{who}\t{word.start:.2f}\t{word.end:.2f}\t{field(word.text)}")


def shown(run: "Run", wish: "Wish") -> Any:
    """Return what shows the transcripts that were asked for."""
    asked = wish.asked
    if not asked.get("times"):
        return Answers(max(asked.get("n_best", 1), asked.get("samples", 1)) > 1, wish.json)
    if asked.get("n_best", 1) > 1:
        raise InputError("--times are those of the best text: leave out --n-best.")
    return Timed(wish.json)


def stream(run: "Run", file: str | None, wish: "Wish") -> None:
    """Transcribe one recording while it is heard: a file, or raw samples of 16 bits from stdin.

    The text goes to stdout at the end; with --json a document for each change, and while a terminal looks on, the text
    so far to stderr.
    """
    from seqloom.decoding.streaming import Stream

    others = [name for name in wish.asked if name not in ("stream", "beam")] + ["ensemble"] * bool(wish.ensemble)
    if others:
        said = ", ".join(f"--{name.replace('_', '-')}" for name in others)
        raise InputError(f"{said} cannot be had of a recording that is not over yet: leave out --stream, or it.")
    heard: Stream = run.stream(beam=wish.asked.get("beam"))
    if file is None or file == "-":
        if sys.stdin.isatty():
            raise InputError(
                f"--stream hears a file, or raw samples from stdin (16 bits, little-endian, one channel, {heard.rate} "
                f"a second): arecord -r {heard.rate} -f S16_LE | seqloom predict RUN --stream"
            )
        note(f"stdin is heard as raw samples of 16 bits, little-endian, one channel, {heard.rate} a second.")
        pieces = samples(sys.stdin.buffer)
    else:
        pieces = of_file(run, file, heard.rate)
    count, before = 0, ""
    for piece in pieces:
        text, count = heard.push(piece), count + len(piece)
        if text != before:
            _changed(text, count / heard.rate, wish)
        before = text
    text = heard.finish()
    if wish.json:
        json_line({"seconds": round(count / heard.rate, 3), "text": text, "final": True})
        return
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(field(text), flush=True)


def _changed(text: str, seconds: float, wish: "Wish") -> None:
    if wish.json:
        json_line({"seconds": round(seconds, 3), "text": text, "final": False})
        sys.stdout.flush()
    elif sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def samples(stream: IO[bytes]) -> "Iterator[NDArray[Any]]":
    """Yield samples as they arrive; half a sample waits for its other half. Raises InputError where it never comes."""
    import numpy as np

    rest = b""
    while piece := stream.read1(1 << 16):  # type: ignore[attr-defined]
        rest += piece
        whole = len(rest) // 2 * 2
        yield np.frombuffer(rest[:whole], "<i2").astype(np.int16)
        rest = rest[whole:]
    if rest:
        raise InputError("stdin ends in the middle of a sample: raw samples of 16 bits have two bytes each.")


def of_file(run: "Run", file: str, rate: int) -> "Iterator[NDArray[Any]]":
    """Yield a file in pieces, read as in training."""
    from seqloom.tasks.transcribe import Transcribe

    assert isinstance(run.task, Transcribe)
    if Path(file).is_dir():
        raise InputError(f"{file} is a folder: --stream hears one recording.")
    raw = run.task.media.opened(file)
    size = max(1, round(PIECE * rate))
    for start in range(0, len(raw), size):
        yield raw[start : start + size]
