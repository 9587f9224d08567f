"""The view `next`: what was expected at each step, how surprising the truth was, and what a search went through."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.pieces import SPACED
from seqloom.data.vocabulary import EOS, Vocabulary
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.tree import Tree as Search
from seqloom.decoding.writer import decode
from seqloom.explaining.axes import END
from seqloom.explaining.subject import Subject
from seqloom.explaining.thinning import averaged, even, named
from seqloom.explaining.view import DRAWN, View, Viewer
from seqloom.report.figures import Figure, Line, Lines, Marked, Node, Table, Tree
from seqloom.report.terminal import visible
from seqloom.table import Count
from seqloom.tasks.answers import Search as Asked
from seqloom.tasks.answers import settings_of
from seqloom.tasks.language import Language
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.task import Say

WORDS = "words"
ROWS = 200
"""Steps in the table at most, the last ones."""
AT_ONCE = 256
"""Steps whose distributions are ranked at once."""
NODES = 400
"""Nodes of a tree that is drawn with what was thrown away; a larger one is drawn without."""


class NextView(Viewer):
    """The distribution over the next symbol at each step, and the tree of a beam search.

    top   the likeliest symbols told of each step
    beam  hypotheses kept in the tree; None: as the run's own search does
    """

    name = "next"
    about = (
        "What the model expected at each step, before it heard what came: the likeliest symbols with their "
        "probabilities, the rank of the truth (1: it was the likeliest), its surprise -ln p and the entropy of the "
        "whole distribution, in nats. The tree is the run's own search: each node a symbol with ln p of the text so "
        "far; what was thrown away is pale."
    )

    def __init__(self, *, top: Count = 5, beam: Count | None = None) -> None:
        self.top, self.beam = top, beam

    def refusal(self, subject: Subject) -> str | None:
        """Say that nothing is written symbol by symbol."""
        if _vocabulary(subject) is None or WORDS not in subject.run.model.heads or not subject.ids:
            return (
                "this run writes no text symbol by symbol: it answers all at once. `saliency` shows what its answer "
                "follows from."
            )
        if self.beam is not None and not isinstance(subject.run.task, PairTask):
            return "next.beam is of a search for the answer to a source, and a language model has none: leave it out."
        return None

    def view(self, subject: Subject, say: Say) -> View:
        """Tell of each step what was expected, and search once more, watched."""
        names = _Names(subject)
        wanted = list(subject.ids)
        with torch.no_grad():
            logits = subject.forward()[WORDS][0]
        found = expected(logits, wanted, self.top)
        tokens = [names(one) for one in wanted]
        heard = list(subject.axes["target"].tokens)
        rows = [
            {
                "step": step + 1,
                "heard": heard[step],
                "wanted": tokens[step],
                "p": float(np.exp(found["truth_logprob"][step])),
                "rank": int(found["truth_rank"][step]),
                "top": [
                    (names(int(one)), float(np.exp(logprob)))
                    for one, logprob in zip(found["top_ids"][step], found["top_logprob"][step], strict=True)
                ],
            }
            for step in range(max(0, len(wanted) - ROWS), len(wanted))
        ]
        surprise = -found["truth_logprob"].astype(np.float64)
        never = int(np.isposinf(surprise).sum())
        total = None if never else float(surprise.sum())
        facts: dict[str, Any] = {
            "steps": len(wanted),
            "nats": total,
            "perplexity": None if total is None else float(np.exp(min(total / len(wanted), 700))),
            "likeliest_was_right": float((found["truth_rank"] == 1).mean()),
            "each": rows,
        }
        notes = []
        if never:
            notes.append(f"{never} steps should tell what the model cannot: their surprise has no end, and is a gap.")
        if len(wanted) > ROWS:
            notes.append(f"the table has the last {ROWS} of {len(wanted):,} steps; the arrays have all.")
        finite = np.where(np.isposinf(surprise), np.nan, surprise)
        figures = [*_lines(tokens, finite, found["entropy"], notes), _marked(subject, tokens, finite, notes)]
        figures.append(_table(rows, self.top))
        if isinstance(subject.run.task, PairTask):
            figures += self._tree(subject, subject.run.task, facts, notes)
        return View(self.name, self.about, found, facts, figures, notes)

    def _tree(self, subject: Subject, task: PairTask, facts: dict[str, Any], notes: list[str]) -> list[Figure]:
        """Search as the run does and draw what was followed."""
        settings = settings_of(task.decode, Asked(beam=self.beam), task.target)
        search = Search(settings.eos, settings.beam)
        (found,) = decode([subject.run.model], subject.batch, settings, watch=search.around)
        best, names = found[0], _Names(subject)
        spoken = [names(one) for one in best.ids]
        way = set(search.way(best.ids, best.finished))
        facts["search"] = {
            "beam": settings.beam,
            "best": spoken,
            "logprob": best.logprob,
            "score": best.score,
            "finished": best.finished,
            "nodes": len(search.nodes),
        }
        thin = len(search.nodes) > NODES
        if thin:
            notes.append(f"the search has {len(search.nodes):,} nodes: what was thrown away at once is left out.")
        if "ctc" in subject.run.model.heads:
            notes.append("the tree is the decoder's own; the run's answers weigh what CTC hears too.")
        if settings.coverage:
            notes.append("the search is by ln p; what has ended is ranked with a coverage penalty too.")
        nodes, told = _nodes(search, way, thin, names, best, notes)
        caption = f"beam {settings.beam}; ranked by ln p / {_penalty(settings.length_penalty, settings.alpha)}"
        facts["search"]["drawn"] = told
        return [Tree("what the search went through", nodes, caption)]


def expected(logits: Tensor, wanted: Sequence[int], top: int) -> dict[str, NDArray[Any]]:
    """Return of each step the likeliest ids and their ln p [steps, top], ln p and rank of the truth, and the entropy of
    the distribution [steps], in nats; logits [steps, symbols]."""
    parts: list[tuple[Tensor, ...]] = []
    truth = torch.tensor(list(wanted), device=logits.device)
    for start in range(0, len(logits), AT_ONCE):
        some = logits[start : start + AT_ONCE].float().log_softmax(-1)
        own = some.gather(1, truth[start : start + AT_ONCE, None])
        best, ids = some.topk(min(top, some.shape[1]), 1)
        rank = 1 + (some > own).sum(1)
        entropy = -torch.where(some > -torch.inf, some.exp() * some, 0).sum(1)
        parts.append((ids, best, own[:, 0], rank, entropy))
    names = ("top_ids", "top_logprob", "truth_logprob", "truth_rank", "entropy")
    return {name: torch.cat(each).cpu().numpy() for name, each in zip(names, zip(*parts, strict=True), strict=True)}


def _vocabulary(subject: Subject) -> Vocabulary | None:
    task = subject.run.task
    if isinstance(task, Language):
        return task.vocabulary
    return task.target if isinstance(task, PairTask) else None


class _Names:
    """Name ids of the target's vocabulary, and those beyond it by where they stand in the source."""

    def __init__(self, subject: Subject) -> None:
        vocabulary = _vocabulary(subject)
        assert vocabulary is not None
        self._vocabulary = vocabulary
        self._own: dict[int, str] = {}
        if "copy" in subject.batch.inputs:
            ids = subject.batch.inputs["copy"].values[0].tolist()
            tokens = subject.axes["source"].tokens
            self._own = {one: token for one, token in zip(ids, tokens, strict=False) if one >= len(vocabulary)}

    def __call__(self, one: int) -> str:
        if one == EOS:
            return END
        return self._own.get(one, "?") if one >= len(self._vocabulary) else self._vocabulary.token(one)


def _lines(
    tokens: Sequence[str], surprise: NDArray[np.floating], entropy: NDArray[np.floating], notes: list[str]
) -> list[Figure]:
    spans = even(len(tokens), DRAWN)
    if len(spans) < len(tokens):
        notes.append(f"lines are drawn at {DRAWN:,} points, each the mean of its steps.")
    x = np.arange(len(spans), dtype=np.float64)
    lines = [
        Line("surprise -ln p of the truth", x, averaged(surprise, spans, 0)),
        Line("entropy of the distribution", x, averaged(entropy, spans, 0)),
    ]
    title = "how surprising each step was, and how unsure the model"
    return [Lines(title, lines, "step", "nats", ticks=named(tokens, spans))]


def _marked(subject: Subject, tokens: Sequence[str], surprise: NDArray[np.floating], notes: list[str]) -> Marked:
    vocabulary = _vocabulary(subject)
    assert vocabulary is not None
    shown = list(tokens[-DRAWN:])
    glue = [vocabulary.kind not in SPACED and one != END for one in shown]
    if len(tokens) > DRAWN:
        notes.append(f"the text is drawn from its last {DRAWN:,} tokens.")
    weights = np.nan_to_num(surprise[-DRAWN:], nan=float(np.nanmax(surprise, initial=0.0)))
    return Marked("surprise of each token, in nats", shown, weights, glue, caption="darker: less expected")


def _table(rows: Sequence[dict[str, Any]], top: int) -> Table:
    columns = ["step", "heard", "should be", "p", "rank", *(f"{number}." for number in range(1, top + 1))]
    cells: list[list[str | int | float | None]] = []
    for row in rows:
        shown = [(token if token.strip() else visible(token), p) for token, p in row["top"]]
        likeliest: list[str | None] = [f"{token} {p:.3f}" for token, p in shown]
        likeliest += [None] * (top - len(likeliest))
        cells.append([row["step"], row["heard"], row["wanted"], round(row["p"], 4), row["rank"], *likeliest])
    return Table("what was expected at each step", columns, cells)


def _nodes(
    search: Search, way: set[int], thin: bool, names: Any, best: Hypothesis, notes: list[str]
) -> tuple[list[Node], int]:
    """Turn a search into nodes that can be drawn."""
    kept = [at for at, node in enumerate(search.nodes) if node.kept or not thin]
    if len(kept) > DRAWN:
        notes.append(f"the tree is cut at {DRAWN:,} of {len(kept):,} nodes.")
        kept = kept[:DRAWN]
    place = {at: number for number, at in enumerate(kept)}
    last = max(way, default=0)
    nodes = []
    for at in kept:
        node = search.nodes[at]
        about = "ended" if node.ended and node.kept else ""
        if at == last and way:
            about = f"the answer: score {best.score:.3f}"
        token = "" if node.parent is None else names(node.token)
        parent = None if node.parent is None else place[node.parent]
        nodes.append(Node(parent, token, node.total, node.kept, at in way, about))
    return nodes, len(nodes)


def _penalty(kind: str, alpha: float) -> str:
    if kind == "none":
        return "1"
    return f"((5 + length) / 6)^{alpha:g}" if kind == "gnmt" else f"length^{alpha:g}"
