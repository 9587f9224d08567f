"""The rows of bench/results/seq2seq.md: what each is trained on, and the settings of its command."""

from dataclasses import dataclass

FIT = (
    "fit.threads=1",
    "fit.precision=bf16",
    "fit.schedule=cosine",
    "fit.patience=null",
    "fit.keep=1",
    "decode.rows=200",
)
DROPPED = ("source.dropout=0.3", "target.dropout=0.3", "heads.words.dropout=0.4")


@dataclass(frozen=True)
class Row:
    """One training and what it is measured on.

    train, valid  files that bench/seq2seq_data.py makes of the data folder
    test          a file scored once, after the choice was made on `valid`; Multi30k alone has one here
    """

    name: str
    about: str
    task: str
    train: str
    valid: str
    arch: str
    settings: tuple[str, ...]
    test: str | None = None


def _multi30k(name: str, arch: str, about: str, *settings: str) -> Row:
    sides = (
        "target.joint=true",
        *(f"{side}.{key}" for side in ("source", "target") for key in ("lowercase=true", "vocab=6000", "size=256")),
        "target.tie=true",
    )
    chosen = ("fit.metric=token_accuracy", "fit.warmup=400", *settings)
    files = "m30k.train.de,m30k.train.en", "m30k.val.de,m30k.val.en"
    return Row(f"m30k-{name}", about, "translate", *files, arch, (*FIT, *sides, *chosen), "m30k.test.de,m30k.test.en")


def _small(name: str, about: str, task: str, data: str, arch: str, *settings: str) -> Row:
    return Row(name, about, task, f"{data}.train.tsv", f"{data}.dev.tsv", arch, (*FIT, *settings))


def _summary(name: str, about: str, *settings: str) -> Row:
    words = (
        "source.tokens=word",
        "target.tokens=word",
        "target.joint=true",
        "source.vocab=12000",
        "target.vocab=12000",
    )
    sizes = ("source.max_length=120", "source.size=128", "target.size=128", "encoder.size=128", "decoder.size=256")
    lower = ("source.lowercase=true", "target.lowercase=true", "bridge.size=128", "target.tie=true", "source.tie=true")
    fit = ("fit.epochs=6", "fit.batch_tokens=4096", "fit.metric=loss")
    data = "aeslc"
    return _small(name, about, "summarise", data, "bahdanau", *words, *sizes, *lower, *fit, *settings)


ROWS = {
    row.name: row
    for row in [
        _multi30k(
            "seq2seq",
            "seq2seq",
            "fixed context: LSTM to LSTM, 2 layers of 512, source read from its end",
            *DROPPED,
            "fit.batch_tokens=1536",
            "encoder.dropout=0.3",
            "decoder.dropout=0.3",
            "fit.epochs=16",
        ),
        _multi30k(
            "cho",
            "cho",
            "context to each step: GRU both ways to GRU, 512",
            *DROPPED,
            "fit.batch_tokens=1536",
            "encoder.bidirectional=true",
            "bridge.size=1024",
            "fit.epochs=10",
        ),
        _multi30k(
            "bahdanau",
            "bahdanau",
            "additive attention: GRU both ways (256) to GRU (512)",
            *DROPPED,
            "fit.batch_tokens=1536",
            "decoder.size=512",
            "fit.epochs=8",
        ),
        _multi30k(
            "transformer",
            "transformer",
            "3 + 3 layers of 256, 4 heads",
            "source.tie=true",
            "source.dropout=0.1",
            "target.dropout=0.1",
            "heads.words.dropout=0.1",
            "encoder.dropout=0.25",
            "decoder.dropout=0.25",
            "fit.betas=[0.9, 0.98]",
            "fit.batch_tokens=2048",
            "fit.epochs=22",
        ),
        _multi30k("gnmt", "gnmt-small", "GNMT, 4 layers of 256", *DROPPED, "fit.batch_tokens=1536", "fit.epochs=8"),
        _small(
            "cmudict",
            "letters to phonemes: LSTM both ways (256) to LSTM (512), additive attention",
            "transduce",
            "cmu",
            "bahdanau",
            "target.tokens=symbol",
            "source.size=128",
            "target.size=128",
            "encoder=lstm",
            "encoder.bidirectional=true",
            "decoder=lstm",
            "decoder.size=512",
            "bridge.size=128",
            "source.dropout=0.1",
            "target.dropout=0.1",
            "heads.words.dropout=0.2",
            "heads.words.smoothing=0.1",
            "fit.valid_every=2000",
            "fit.batch_tokens=1024",
            "fit.warmup=400",
            "fit.epochs=8",
            "fit.lr=2e-3",
        ),
        _small(
            "sigmorphon-korean",
            "Hangul letters to phonemes: GRU both ways (128) to GRU (256), additive attention",
            "transduce",
            "kor",
            "bahdanau",
            "source.tokens=jamo",
            "target.tokens=symbol",
            "source.size=64",
            "target.size=64",
            "encoder.size=128",
            "decoder.size=256",
            "bridge.size=64",
            *DROPPED,
            "heads.words.smoothing=0.1",
            "fit.batch_tokens=512",
            "fit.warmup=100",
            "fit.epochs=40",
        ),
        _small(
            "conll2017-german",
            "inflection, lemma and features to form: GRU both ways (128) to GRU (256), additive attention",
            "transduce",
            "german",
            "bahdanau",
            "source.column=[lemma, features]",
            "target.column=form",
            "source.size=64",
            "target.size=64",
            "encoder.size=128",
            "decoder.size=256",
            "bridge.size=64",
            "heads.words.dropout=0.3",
            "fit.batch_tokens=1024",
            "fit.warmup=100",
            "fit.epochs=20",
        ),
        _small(
            "chatbot-ko",
            "question and answer: bahdanau",
            "chat",
            "chatbot",
            "bahdanau",
            "target.joint=true",
            "source.vocab=4000",
            "target.vocab=4000",
            "source.tie=true",
            "target.tie=true",
            *DROPPED,
            "fit.batch_tokens=1024",
            "fit.warmup=200",
            "fit.epochs=12",
            "fit.metric=loss",
        ),
        _small(
            "koen",
            "tatoeba, Korean to English: bahdanau",
            "translate",
            "koen",
            "bahdanau",
            "source.vocab=2000",
            "target.vocab=2000",
            "target.tie=true",
            *DROPPED,
            "fit.batch_tokens=512",
            "fit.warmup=200",
            "fit.epochs=25",
            "fit.metric=loss",
        ),
        _summary(
            "aeslc-tokens", "subjects of e-mails, words of 12,000 alone", "heads.words={kind: tokens, dropout: 0.3}"
        ),
        _summary("aeslc-copy", "the same with words copied from the e-mail", "heads.words={kind: copy, dropout: 0.3}"),
    ]
}
