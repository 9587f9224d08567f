"""Write docs/refused.md: `python docs/refused.py > docs/refused.md`. Every example is built, and refuses to be."""

import sys
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any

from seqloom.build import Wiring, build
from seqloom.errors import InputError
from seqloom.fronts.front import MediaShape
from seqloom.heads.numbers import NumberShape
from seqloom.override import override
from seqloom.presets import preset
from seqloom.spec import Spec, parse

WIRING = Wiring(source=20, target=20, labels={"label": (["a", "b"], [1, 1])})
SERIES = Wiring(features=2, numbers={"forecast": NumberShape(horizon=3)}, labels={"tag": (["a", "b"], [1, 1])})
SHAPES = {kind: MediaShape(kind, dims) for kind, dims in {"audio": (40,), "image": (30, 30, 3)}.items()}


@dataclass(frozen=True)
class Example:
    """Settings that contradict each other; `rule` says what would have to hold.

    structure is that of the task: sequence (translate, transduce, summarise, chat), language, summary (classify) or
    steps (tag, aligned forecasts).
    """

    rule: str
    arch: str
    settings: str = ""
    structure: Any = "sequence"

    def spec(self) -> dict[str, Any]:
        """Return the plain spec that the settings lead to."""
        kind = {"summary": "label", "steps": "tags"}.get(self.structure, "tokens")
        values: dict[str, Any] = {"task": "translate", "source": {}, "target": {}, "heads": {"words": {"kind": kind}}}
        if self.structure == "language":
            del values["source"]
        if self.structure in ("summary", "steps"):
            values["heads"] = {"label": {"kind": kind}}
        values |= preset(self.arch, self.structure)
        override(values, [one for one in self.settings.split(" -s ") if one])
        return values

    def said(self) -> str:
        """Return the message. Raises ValueError for an example that is built after all."""
        try:
            spec = parse(self.spec())
            build(spec, self.wiring(spec))
        except InputError as error:
            return str(error)
        raise ValueError(f"{self.shown()} is not refused")

    def wiring(self, spec: Spec) -> Wiring:
        """Return what the data of such a task knows."""
        if spec.series is not None:
            return SERIES
        if spec.source is not None and spec.source.tokens in SHAPES:
            return replace(WIRING, source=None, media=SHAPES[spec.source.tokens])
        if self.structure in ("summary", "steps"):
            return replace(WIRING, target=None)
        return replace(WIRING, source=None) if self.structure == "language" else WIRING

    def shown(self) -> str:
        """Say what a person would write."""
        return f"--arch {self.arch}" + "".join(f" -s {quote(one)}" for one in self.settings.split(" -s ") if one)


SECTIONS = {
    "Bridges": [
        Example("An encoder and a decoder have a bridge between them", "bahdanau", "bridge=null"),
        Example("A bridge has two ends", "lstm", "bridge={kind: attention}", "language"),
        Example(
            "A context vector for the start needs a start State to go to",
            "cho",
            "bridge.to=start -s decoder=transformer -s decoder.heads=4",
        ),
        Example("Something hears the context vector", "seq2seq", "decoder.start=zero"),
        Example("A wiring reads what there is to read", "seq2seq", "decoder.wiring=luong"),
        Example("A wiring reads a source", "gru", "decoder.wiring=luong", "language"),
    ],
    "Sizes that must agree": [
        Example("The dot score compares two vectors as they are", "bahdanau", "bridge={kind: attention, score: dot}"),
        Example("Heads share out a width evenly", "bahdanau", "bridge={kind: attention, score: multihead, heads: 3}"),
        Example("Heads share out a width evenly", "transformer", "decoder.heads=3"),
        Example(
            "Rotations turn pairs of numbers",
            "transformer",
            "decoder.positions=rotary -s decoder.size=12 -s bridge=context",
        ),
        Example("Sines and cosines come in pairs", "transformer", "encoder.size=15 -s encoder.heads=3"),
        Example("A copied start fits layer by layer", "seq2seq", "decoder.layers=1"),
        Example("A copied start fits part by part", "seq2seq", "encoder=gru"),
    ],
    "Start of a decoder": [
        Example("A copied start is a State that ends in one direction", "bahdanau", "decoder.start=copy"),
        Example(
            "A copied start is not hidden by a projection",
            "cho",
            "decoder.start=copy",
        ),
        Example("A start from the source needs one", "gru", "decoder.start=project", "language"),
    ],
    "Encoders and decoders": [
        Example("A decoder reads nothing ahead", "gru", "decoder={kind: bigru}", "language"),
        Example("Both directions have both ends", "bilstm", "encoder.reverse=true"),
        Example("The name of a kind is not contradicted", "gru", "encoder=bigru -s encoder.bidirectional=bottom"),
        Example("What is to be dropped is there", "mingru", "encoder.recurrent_dropout=0.2"),
        Example("Steps differ", "transformer", "target.embed=dummy -s target.tie=false -s decoder.positions=none"),
        Example("A dummy input is the target's", "gru", "source.embed=dummy"),
        Example("A model reads or writes", "gru", "decoder=null", "language"),
        Example("A decoder is for what writes", "gru", "decoder=gru -s bridge=attention", "summary"),
        Example("An encoder is for what reads", "gru", "encoder=gru -s bridge=attention", "language"),
        Example("Every part names its kind", "gru", "encoder={size: 64}"),
    ],
    "Heads": [
        Example("A model answers", "gru", "heads={}"),
        Example("Tokens are written by a decoder", "gru", "heads={words: {kind: tokens}}", "summary"),
        Example("Copying needs a source", "gru", "heads.words=copy", "language"),
        Example("Copying needs places to copy from", "cho", "heads.words=copy"),
        Example("Copying needs every place", "bahdanau", "encoder=pyramid -s heads.words=copy"),
        Example("A label for every step needs every step", "bilstm", "encoder=pyramid", "steps"),
        Example("CTC tells steps that were read", "gru", "heads.words=ctc", "language"),
        Example("CTC leaves a decoder nothing to write", "bahdanau", "heads.words=ctc"),
        Example("CTC tells every step", "cho", "heads.ctc=ctc"),
    ],
    "Tied embeddings": [
        Example("What is shared is learned", "bahdanau", "target.tie=true -s target.embed=onehot"),
        Example("What is filled has a table", "bahdanau", "source.embed=onehot -s source.vectors=words.vec"),
        Example("Two sides that share have one vocabulary", "bahdanau", "source.tie=true"),
        Example("A side that shares has another to share with", "gru", "source.tie=true", "summary"),
        Example(
            "What is shared is filled once",
            "bahdanau",
            "target.joint=true -s source.tie=true -s source.vectors=words.vec",
        ),
        Example("joint is said on one side", "bahdanau", "source.joint=true"),
        Example("joint has two sides", "gru", "target.joint=true", "language"),
        Example("One vocabulary is made in one way", "bahdanau", "target.joint=true -s source.tokens=char"),
    ],
    "Numbers": [
        Example("Numbers are read by what writes", "gru", "source.tokens=vector", "summary"),
        Example("Numbers are not written", "bahdanau", "target.tokens=vector"),
        Example("Numbers have no words to copy", "bahdanau", "source.tokens=vector -s heads.words=copy"),
        Example("Numbers share no vocabulary", "bahdanau", "source.tokens=vector -s target.joint=true"),
        Example("Numbers are not looked up in a table", "bahdanau", "source.tokens=vector -s source.embed=onehot"),
        Example("Series are not looked up in a table", "gru", "source.tokens=series -s source.freeze=true", "summary"),
        Example("Noise is added to numbers", "gru", "source.noise=0.1", "summary"),
    ],
    "Forecasts": [
        Example(
            "A step is not told what it tells",
            "bigru",
            "heads={forecast: {kind: point, reads: steps}} -s series={form: aligned, scale: none}",
            "steps",
        ),
        Example(
            "A window is measured to its end",
            "gru",
            "heads={forecast: {kind: point, reads: steps}} -s series={form: aligned, scale: window}",
            "steps",
        ),
        Example(
            "A step that is read has an answer of its own",
            "gru",
            "heads={forecast: {kind: point, reads: steps}} -s series={form: aligned, scale: none, patch: 4}",
            "steps",
        ),
        Example(
            "Every step is read",
            "gru",
            "heads={forecast: {kind: point}} -s series={scale: none, patch: 4, stride: 5}",
            "steps",
        ),
        Example(
            "A stride has patches",
            "gru",
            "heads={forecast: {kind: point}} -s series={scale: none, stride: 5}",
            "steps",
        ),
    ],
    "Words": [
        Example("Letters are those of words to be tagged", "gru", "source.letters=cnn", "summary"),
        Example("Tags have a scheme, words none", "gru", "source.scheme=bioes", "steps"),
    ],
    "DNA": [
        Example("k-mers are of a sequence that is labelled", "bahdanau", "source.tokens=kmer"),
        Example("k is a k-mer's", "gru", "source.k=3", "summary"),
        Example("The other strand is one of letters", "gru", "source.tokens=word -s source.complement=true", "summary"),
    ],
    "Several inputs": [
        Example("A fuse joins several inputs", "gru", "fuse=concat", "summary"),
        Example("A task reads what it has", "gru", "beside={question: {encoder: lstm}} -s fuse=concat", "summary"),
        Example("One input is not left out", "gru", "data.ablate=image", "summary"),
        Example("Several inputs become one", "gru", "task=vqa -s beside={question: {encoder: lstm}}", "summary"),
        Example(
            "Each input has an encoder", "gru", "task=vqa -s beside={question: {size: 64}} -s fuse=multiply", "summary"
        ),
        Example(
            "Tags are of the steps of one source",
            "gru",
            "task=vqa -s beside={question: {encoder: lstm}} -s fuse=concat -s heads.label=crf",
            "steps",
        ),
    ],
    "Recordings, pictures and films": [
        Example("What is written is text", "lstm", "target.tokens=audio"),
        Example("A front reads numbers", "gru", "source.front=rows", "summary"),
        Example("A section is of its kind", "gru", "image={}", "summary"),
        Example("Tracks are series", "gru", "tracks={}", "summary"),
        Example(
            "Frames are counted or timed",
            "gru",
            "source.tokens=video -s video.frames=8 -s video.rate=5",
            "summary",
        ),
        Example("A front reads its kind", "gru", "source.tokens=audio -s source.front=pixels", "summary"),
        Example("Patches leave no pixel over", "gru", "source.tokens=image -s source.front={kind: patches}", "summary"),
        Example("Pictures have no words to copy", "bahdanau", "source.tokens=image -s heads.words=copy"),
        Example("Pictures are not looked up in a table", "gru", "source.tokens=image -s source.freeze=true", "summary"),
        Example("Recordings have no tokens to cut at", "gru", "source.tokens=audio -s source.max_length=9", "summary"),
        Example(
            "Cepstra are counted where they are made", "gru", "source.tokens=audio -s audio.coefficients=20", "summary"
        ),
        Example("Masks are as wide as they are many", "gru", "source.tokens=audio -s audio.time_width=9", "summary"),
    ],
}

HEADER = """# What is refused

Any encoder goes with any bridge and any decoder. What does not go together is listed here, each with an example and
with what is said then; nothing is changed in silence. Most is refused before any data is read, sizes when the model is
built. This file is written by `docs/refused.py`, and a test holds it to the code.
"""


def text() -> str:
    """Return the whole document."""
    parts = [HEADER]
    for title, examples in SECTIONS.items():
        parts.append(f"## {title}\n\n| rule | for example | what is said |\n|---|---|---|")
        parts[-1] += "".join(f"\n| {one.rule} | `{one.shown()}` | {one.said()} |" for one in examples) + "\n"
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(text())
