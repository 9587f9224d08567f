"""Refuse: what contradicts itself in a spec, each with its reason and the fix.

Sizes that must agree are checked where they meet, when the model is built; everything else is refused here, before
any data is read. docs/refused.md is made from both (docs/refused.py).
"""

from collections.abc import Callable

from seqloom.errors import InputError
from seqloom.spec import MEDIA, Spec


def refuse(spec: Spec) -> None:
    """Raise InputError for a spec that contradicts itself, with the fix."""
    for rule in RULES:
        reason = rule(spec)
        if reason is not None:
            raise InputError(reason)


def _parts(spec: Spec) -> str | None:
    if spec.encoder is None and spec.decoder is None:
        return "a model needs an encoder or a decoder: choose --arch, or -s encoder=... or -s decoder=..."
    return None if spec.heads else "a model needs a head: heads: {label: {kind: label}}, say."


def _kinds(spec: Spec) -> str | None:
    parts = {"encoder": spec.encoder, "fuse": spec.fuse, "bridge": spec.bridge, "decoder": spec.decoder, **spec.heads}
    parts |= {f"beside.{name}.encoder": side.encoder for name, side in (spec.beside or {}).items()}
    for where, part in parts.items():
        if part is not None and not isinstance(part.get("kind"), str):
            usual = _USUAL.get(where.rpartition(".")[2], "label")
            return f"{where} needs a kind, such as {where}: {{kind: {usual}}}; given: {part}."
    return None


_USUAL = {"encoder": "lstm", "decoder": "lstm", "bridge": "attention", "fuse": "concat"}


def _beside(spec: Spec) -> str | None:
    """Several inputs: each is read by an encoder of its own, and a fuse makes one of them."""
    if spec.data.ablate is not None and spec.task not in READ_SEVERAL:
        return f"data.ablate reads one of several inputs as nothing, and {spec.task} has one: leave it out."
    if spec.beside is None and spec.fuse is None:
        return None
    if not spec.beside:
        return "fuse joins a source and what is read beside it, and there is nothing beside it: leave out fuse."
    if spec.task not in READ_SEVERAL:
        return f"beside: {', '.join(spec.beside)}: {spec.task} reads one input; several are read by {_SEVERAL}."
    if spec.fuse is None:
        return f"a source and {', '.join(spec.beside)} beside it need a fuse: -s fuse=concat, multiply or attend."
    if spec.encoder is None:
        return "what is read beside a source needs a source with an encoder: -s encoder=bag, say."
    for name, side in spec.beside.items():
        if side.encoder is None:
            return f"beside.{name} is read by an encoder of its own: -s beside.{name}.encoder=lstm, say."
        for key in ("joint", "tie", "labels", "multilabel", "complement", "noise", "letters", "casing", "unknown_rate"):
            if getattr(side, key) != type(side).model_fields[key].default:
                return f"beside.{name}.{key} does nothing there: leave it out."
    for name, head in spec.heads.items():
        if head["kind"] in ("copy", "tags", "crf", "ctc"):
            return (
                f"head {name}: {head['kind']} answers to the steps of one source, and fuse={spec.fuse['kind']} leaves "
                f"those of several: use kind: {'tokens' if head['kind'] == 'copy' else 'label'}."
            )
    if spec.bridge is not None and spec.bridge.get("score") == "location" and spec.fuse["kind"] == "concat":
        return (
            "bridge.score=location moves along one sequence, and fuse=concat puts several end to end: use another "
            "score, such as additive, or fuse=attend."
        )
    return None


READ_SEVERAL = ("vqa",)
"""Tasks that read several inputs."""
_SEVERAL = " and ".join(READ_SEVERAL)


def _bridge(spec: Spec) -> str | None:
    both = spec.encoder is not None and spec.decoder is not None
    if spec.bridge is not None and not both:
        return "a bridge joins an encoder to a decoder, and this task has only one of them: leave it out."
    if both and spec.bridge is None:
        return (
            "an encoder and a decoder need a bridge between them: -s bridge=attention, or -s bridge=context for one "
            "fixed vector."
        )
    return None


def _transformer_start(spec: Spec) -> str | None:
    if spec.decoder is None or spec.bridge is None or spec.decoder["kind"] != "transformer":
        return None
    if spec.bridge["kind"] == "context" and spec.bridge.get("to") == "start":
        return (
            "a Transformer decoder has no start State that could take a context vector: give it to every step "
            "(-s bridge.to=steps), or use -s bridge=attention."
        )
    return None


def _deaf(spec: Spec) -> str | None:
    if spec.bridge is None or spec.bridge["kind"] != "context" or spec.bridge.get("to") != "start":
        return None
    start = None if spec.decoder is None else spec.decoder.get("start")
    if start in ("zero", "learned", "random"):
        return (
            f"decoder.start={start} leaves out the context vector, and bridge.to=start gives it nowhere else, so "
            "nothing of the source would be heard: use start: project or copy, or -s bridge.to=steps."
        )
    return None


def _copy(spec: Spec) -> str | None:
    for name, head in spec.heads.items():
        if head["kind"] != "copy":
            continue
        if spec.encoder is None or spec.decoder is None:
            return f"head {name}: copy takes words of a source, and this task has none: use kind: tokens."
        if spec.bridge is not None and spec.bridge["kind"] == "context":
            return (
                f"head {name}: copy points at places of the source, and a context vector leaves none to point at: use "
                "-s bridge=attention, or kind: tokens."
            )
        if spec.source is not None and spec.source.embed == "dummy":
            return f"head {name}: copy needs the ids of a source."
    return None


def _ctc(spec: Spec) -> str | None:
    told = [name for name, head in spec.heads.items() if head["kind"] == "ctc"]
    if spec.audio is not None and spec.audio.form is not None and spec.task != "transcribe":
        return (
            f"audio.form={spec.audio.form} is how transcribe tells a text, and this task is {spec.task}: leave it out."
        )
    if spec.decode is not None and spec.decode.ctc is not None and (not told or spec.decoder is None):
        return (
            f"decode.ctc={spec.decode.ctc:g} is what CTC counts for beside a decoder, and this model does not have "
            "both: leave it out, or take -s audio.form=hybrid."
        )
    if not told:
        return None
    name = told[0]
    if spec.encoder is None:
        return f"head {name}: ctc tells the steps of an encoder, and this model has none: use kind: tokens."
    if spec.decoder is None:
        if spec.target is not None and spec.target.tie:
            return f"target.tie shares a decoder's embedding, and head {name} (ctc) has no decoder: leave it out."
        return None
    if len(told) == len(spec.heads):
        return (
            f"head {name}: ctc tells the steps of the encoder, so that the decoder would write nothing: leave out "
            "decoder and bridge, or have both (-s audio.form=hybrid)."
        )
    if spec.bridge is not None and spec.bridge["kind"] == "context":
        return (
            f"head {name}: ctc tells the steps of the encoder, and a context vector is one: use -s bridge=attention, "
            "or leave out the decoder (-s audio.form=ctc)."
        )
    return None


_NAMED = {"onehot": "one-hot", "dummy": "a dummy"}


def _tie(spec: Spec) -> str | None:
    source, target = spec.source, spec.target
    for name, side in {"source": source, "target": target}.items():
        if side is not None and side.tie and (side.embed != "learned" or side.freeze):
            return f"{name}.tie shares an embedding that learns; take embed: learned and freeze: false."
        if side is not None and side.embed != "learned" and side.vectors is not None:
            return f"{name}.vectors are for embed: learned, {_NAMED[side.embed]} has no table to fill."
    if source is not None and source.tie:
        if spec.decoder is None or spec.encoder is None or target is None:
            return "source.tie shares the target's embedding, and only a decoder's side has one: leave it out."
        if not target.joint or source.size != target.size or target.embed != "learned":
            return (
                "source.tie shares one embedding between both sides: they need one vocabulary (-s target.joint=true), "
                f"embed: learned, and one size (source.size={source.size}, target.size={target.size})."
            )
        if source.vectors is not None:
            return "source.tie shares the target's embedding, so source.vectors would be lost: give target.vectors."
    return None


def _joint(spec: Spec) -> str | None:
    source, target = spec.source, spec.target
    if source is not None and source.joint:
        return "joint is said on the target's side (-s target.joint=true): one vocabulary, learnt from both sides."
    if target is None or not target.joint:
        return None
    if source is None or spec.encoder is None or spec.decoder is None:
        return "target.joint learns one vocabulary from source and target, and this task has one side: leave it out."
    for key in ("tokens", "vocab", "lowercase"):
        ours, theirs = getattr(source, key), getattr(target, key)
        if ours != theirs:
            return (
                f"target.joint is one vocabulary for both sides: source.{key}={ours} must equal target.{key}={theirs}."
            )
    return None


def _vector(spec: Spec) -> str | None:
    source, target = spec.source, spec.target
    if target is not None and target.tokens == "vector":
        return "target.tokens=vector: numbers can be read, and what is written is text: take target.tokens=char, say."
    if source is None or source.tokens != "vector":
        return None
    if spec.decoder is None:
        return (
            "source.tokens=vector is for tasks that write to what they read, such as transduce; this one labels text."
        )
    for name, head in spec.heads.items():
        if head["kind"] == "copy":
            return f"head {name}: copy takes words of the source, and source.tokens=vector has none: use kind: tokens."
    if target is not None and target.joint:
        return (
            "target.joint learns one vocabulary from both sides, and source.tokens=vector has no words: leave it out."
        )
    idle = {"lowercase": source.lowercase, "max_length": source.max_length is not None, "freeze": source.freeze}
    idle |= {
        "vectors": source.vectors is not None,
        "tie": source.tie,
        f"embed={source.embed}": source.embed != "learned",
    }
    for key, given in idle.items():
        if given:
            return f"source.{key} is for a source of tokens; source.tokens=vector is one step of numbers: leave it out."
    return None


def _sequences(spec: Spec) -> str | None:
    """DNA and series: what is said of letters is said of letters, and what is done in training is done by the task."""
    for name, side in {"source": spec.source, "target": spec.target}.items():
        if side is None:
            continue
        whole = name == "source" and spec.task in READ_WHOLE
        if side.tokens == "kmer" and not whole:
            return f"{name}.tokens=kmer reads DNA and proteins, for {_READERS}: take {name}.tokens=char."
        if side.k is not None and side.tokens != "kmer":
            return f"{name}.k is the length of a k-mer: take source.tokens=kmer too, or leave it out."
        if side.complement and not (whole and side.tokens in ("char", "kmer")):
            return f"{name}.complement reads the other strand: it needs source.tokens=char or kmer, in {_READERS}."
        if side.noise and not ((whole or spec.task == "tag") and name == "source" and side.tokens == "series"):
            return f"{name}.noise is added to series: it needs source.tokens=series, in {_READERS}, or in tag."
    source = spec.source
    if source is None or source.tokens != "series":
        return None
    idle = {"lowercase": source.lowercase, "vectors": source.vectors is not None, "freeze": source.freeze}
    idle |= {"tie": source.tie, f"embed={source.embed}": source.embed != "learned"}
    for key, given in idle.items():
        if given:
            return f"source.{key} is for a source of tokens; source.tokens=series is numbers: leave it out."
    return None


def _words(spec: Spec) -> str | None:
    """What is of words that are given, not cut, and of their tags."""
    for name, side in {"source": spec.source, "target": spec.target}.items():
        if side is None:
            continue
        homes = dict.fromkeys(("letters", "casing", "digits", "unknown_rate"), "source")
        homes |= dict.fromkeys(("scheme", "intent"), "target")
        for key, home in homes.items():
            given = getattr(side, key) != type(side).model_fields[key].default
            if given and (name != home or spec.task != "tag"):
                return f"{name}.{key} does nothing here: it is a {home}'s, of task tag. Leave it out."
    return None


def _media(spec: Spec) -> str | None:
    """Recordings, pictures and films: what is said of them is said where they are read."""
    source, target = spec.source, spec.target
    if target is not None and target.tokens in MEDIA:
        return f"target.tokens={target.tokens}: what is written is text: take target.tokens=char, say."
    if target is not None and target.front is not None:
        return "target.front: a front reads a source: -s source.front=..."
    tokens = None if source is None else source.tokens
    if source is not None and tokens not in MEDIA and source.front is not None:
        return f"source.front reads {', '.join(MEDIA)}, and source.tokens={tokens} is none of them: leave it out."
    homes = {
        "media": MEDIA,
        "audio": ("audio",),
        "image": ("image", "video"),
        "video": ("video",),
        "tracks": ("series",),
    }
    for section, kinds in homes.items():
        if getattr(spec, section) is not None and tokens not in kinds:
            return f"the section {section} is for source.tokens={' or '.join(kinds)}, and it is {tokens}: leave it out."
    if source is None or tokens not in MEDIA:
        return None
    if spec.video is not None and spec.video.frames is not None and spec.video.rate is not None:
        return (
            f"video.frames={spec.video.frames} reads so many frames of each film and video.rate={spec.video.rate:g} so "
            "many a second: leave one of them out."
        )
    idle = {"lowercase": source.lowercase, "vectors": source.vectors is not None, "freeze": source.freeze}
    idle |= {"tie": source.tie, f"embed={source.embed}": source.embed != "learned"}
    idle |= {"max_length": source.max_length is not None}
    for key, given in idle.items():
        if given:
            return f"source.{key} is for a source of tokens; source.tokens={tokens} is numbers: leave it out."
    if target is not None and target.joint:
        return f"target.joint learns one vocabulary from both sides, and source.tokens={tokens} has no words: drop it."
    for name, head in spec.heads.items():
        if head["kind"] == "copy":
            return (
                f"head {name}: copy takes words of the source, and source.tokens={tokens} has none: use kind: tokens."
            )
    return None


def _audio(spec: Spec) -> str | None:
    """What is said of cepstra or masks needs cepstra or masks."""
    audio = spec.audio
    if audio is None:
        return None
    needs = {
        "coefficients": (audio.features == "mfcc", "audio.features=mfcc"),
        "band_width": (audio.band_masks > 0, "audio.band_masks=2"),
        "time_width": (audio.time_masks > 0, "audio.time_masks=2"),
        "time_share": (audio.time_masks > 0, "audio.time_masks=2"),
    }
    for key, (met, need) in needs.items():
        value = getattr(audio, key)
        if value != type(audio).model_fields[key].default and not met:
            return f"audio.{key}={value:g} does nothing without {need}: say that too, or leave it out."
    return None


READ_WHOLE = ("classify", "regress")
"""Tasks that read a row and tell something of it."""
_READERS = " and ".join(READ_WHOLE)


def _dummy(spec: Spec) -> str | None:
    if spec.source is not None and spec.source.embed == "dummy" and spec.encoder is not None:
        return "source.embed=dummy would read nothing of the source; it is for the target's side."
    dummy = spec.target is not None and spec.target.embed == "dummy"
    if dummy and spec.decoder is not None and spec.decoder["kind"] == "transformer":
        positions = spec.decoder.get("positions")
        if positions in ("rotary", "none"):
            return (
                f"target.embed=dummy with decoder.positions={positions} makes every step like every other, so that "
                "each would write the same word: use positions: learned or sinusoidal, or embed: learned."
            )
    return None


RULES: tuple[Callable[[Spec], str | None], ...] = (
    _parts,
    _kinds,
    _beside,
    _vector,
    _sequences,
    _media,
    _audio,
    _words,
    _bridge,
    _transformer_start,
    _deaf,
    _copy,
    _ctc,
    _dummy,
    _tie,
    _joint,
)
