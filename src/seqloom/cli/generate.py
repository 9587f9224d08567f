"""`seqloom generate`: text from a language model, as it is written."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.cli.output import document, note
from seqloom.cli.runs import Precision, open_run, unknown_tokens

if TYPE_CHECKING:
    from seqloom.decoding.text import Written
    from seqloom.training.run import Run

BARS = 5
"""Alternatives that --watch shows at each step."""
CONTEXT = 24
"""Tokens before the step that --watch shows."""


def generate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of a language model.")],
    prompt: Annotated[str, typer.Option("--prompt", "-p", metavar="TEXT", help="The text to go on from.")] = "",
    length: Annotated[int, typer.Option("--length", "-l", min=1, help="Tokens to write at most.")] = 200,
    temperature: Annotated[
        float, typer.Option("--temperature", "-t", min=0, help="0: always the likeliest; 1: as the model has it.")
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, help="Only among the k likeliest tokens.")] = None,
    top_p: Annotated[
        float | None, typer.Option("--top-p", help="Only among the likeliest that hold p together.")
    ] = None,
    min_p: Annotated[
        float | None, typer.Option("--min-p", help="Only tokens with p times the likeliest's probability, or more.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same text; sample i of --n has seed + i.")] = 0,
    stop: Annotated[str | None, typer.Option("--stop", metavar="TEXT", help="End before this text comes.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show at each step what the model expected.")] = False,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="How many texts.")] = 1,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
    precision: Precision = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    r"""Write text, from a prompt or from nothing.

    \b
    seqloom generate runs/language-lstm-1 --prompt "Once" --temperature 0.7
    seqloom generate runs/language-lstm-1 --prompt hell --watch --length 1
    """
    model = open_run(run, device, precision=precision)
    next(model.generate(length=0), None)  # a run that cannot write says so first
    if prompt and (unknown := unknown_tokens(model, prompt)):
        note(f"{unknown} token(s) of the prompt do not occur in what the model learnt.")
    samples = []
    for sample in range(n):
        pieces = model.generate(
            prompt,
            length=length,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            seed=seed + sample,
            stop=stop,
            top=BARS if watch else 0,
            watch_prompt=watch,
        )
        if json:
            samples.append(_as_json(pieces, seed + sample, watch))
            continue
        if n > 1:
            print(f"--- {sample + 1} of {n}, seed {seed + sample}")
        if watch:
            _watch(model, prompt, pieces)
        else:
            _stream(prompt, pieces)
    if json:
        document({"run": run, "prompt": prompt, "samples": samples})


def _stream(prompt: str, pieces: "Iterator[Written]") -> None:
    """Print prompt and text, a piece at a time as it comes."""
    print(prompt, end="", flush=True)
    for piece in pieces:
        print(piece.text, end="", flush=True)
    print()


def _watch(run: "Run", prompt: str, pieces: "Iterator[Written]") -> None:
    """Print a block a token, those of the prompt too: what came before, what came, what the model thought likely."""
    from seqloom.data.pieces import SPACED
    from seqloom.report.terminal import bars, visible
    from seqloom.tasks.language import Language

    assert isinstance(run.task, Language)
    vocabulary = run.task.vocabulary
    between = " " if vocabulary.kind in SPACED else ""
    before = [visible(vocabulary.token(token)) for token in run.task.prompt(prompt)[:1]]
    written = []
    for piece in pieces:
        written.append(piece.text)
        if piece.id < 0:
            continue  # what was held back at the end: no token of its own
        cut = "…" if len(before) > CONTEXT else ""
        print(f"{cut}{between.join(before[-CONTEXT:])} -> {visible(piece.token)}  {piece.probability:.1%}")
        print(bars([visible(token) for token, _ in piece.alternatives], [p for _, p in piece.alternatives]))
        print(flush=True)
        before.append(visible(piece.token))
    print(prompt + "".join(written))


def _as_json(pieces: "Iterator[Written]", seed: int, watch: bool) -> dict[str, Any]:
    written, steps = [], []
    for piece in pieces:
        written.append(piece.text)
        steps.append({"token": piece.token, "probability": piece.probability, "alternatives": dict(piece.alternatives)})
    sample: dict[str, Any] = {"seed": seed, "text": "".join(written)}
    return {**sample, "steps": steps} if watch else sample
