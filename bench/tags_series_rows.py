"""The rows of bench/results/tags-and-series.md: what each is trained on, and with which settings."""

from board import Row

SPANS = ("span_f1", "span_precision", "span_recall", "token_accuracy", "sentence_accuracy")
PARTS = ("token_accuracy", "unseen_accuracy", "sentence_accuracy")
SLOTS = ("span_f1", "intent.accuracy", "frame_accuracy")
ERRORS = ("mase", "mae", "rmse", "scaled.mse", "scaled.mae")
ARCHS = ("rnn", "lstm", "gru", "transformer")
LABELS = ("accuracy", "macro_f1", "mcc")
SKIP = "data.on_bad_row=skip"
BIG = ("encoder.size=200", "source.letters_size=100")


def _tag(name: str, table: str, train: str, valid: str, shown: tuple[str, ...], *settings: str) -> Row:
    return Row(name, table, "tag", f"data/{train}", "bilstm", settings, shown, f"data/{valid}", f"data/{valid}")


def _both(name: str, train: str, valid: str, *settings: str) -> list[Row]:
    """Return a row with a CRF and one with a softmax."""
    kinds = ("crf", "tags")
    table = f"{name}: names, a CRF beside a softmax"
    return [_tag(f"{name}-{kind}", table, train, valid, SPANS, f"heads.tags={kind}", *settings) for kind in kinds]


def _series(name: str, file: str, archs: tuple[str, ...], table: str, *settings: str) -> list[Row]:
    rows = []
    for arch in archs:
        form = ("series.form=sequence",) if arch == "bahdanau" else ()
        rows.append(Row(f"{name}-{arch}", table, "forecast", f"data/{file}", arch, (*settings, *form), ERRORS))
    return rows


def _labels(name: str, table: str, data: str, arch: str, shown: tuple[str, ...], *settings: str, **more: str) -> Row:
    return Row(name, table, "classify", data, arch, settings, shown, more.get("valid"), more.get("measured"))


UD = "part-of-speech tags (UPOS)"
JOINT = "slots and intent, jointly"
ETT = (
    "data.valid=2880",
    "data.test=2880",
    "series.until=2018-02-20 23:00",
    "series.horizon=96",
    "series.look_back=96",
    "series.season=24",
    "series.channels=apart",
    "series.scale=window",
    "source.size=64",
    "source.dropout=0.2",
    "heads.forecast.dropout=0.2",
)
PATCHED = ("series.patch=16", "series.stride=8", "fit.batch_tokens=24576", "fit.epochs=4")

ROWS = {
    row.name: row
    for row in [
        _tag(
            "ewt-upos",
            f"ud_english_ewt: {UD}",
            "ud_english_ewt/en_ewt-ud-train.conllu.gz",
            "ud_english_ewt/en_ewt-ud-dev.conllu",
            PARTS,
            "target.column=upos",
            "source.letters=lstm",
            "fit.epochs=10",
            "fit.batch_tokens=1024",
            *BIG,
        ),
        _tag(
            "gsd-upos",
            f"ud_korean_gsd: {UD}",
            "ud_korean_gsd/ko_gsd-ud-train.conllu.gz",
            "ud_korean_gsd/ko_gsd-ud-dev.conllu",
            PARTS,
            "target.column=upos",
            "source.letters=lstm",
            "fit.epochs=14",
            *BIG,
        ),
        *_both(
            "conll2003",
            "conll2003_ner/eng.train",
            "conll2003_ner/eng.testa",
            "fit.epochs=16",
            "fit.batch_tokens=1024",
            *BIG,
        ),
        _tag("atis", f"atis: {JOINT}", "atis/train.txt", "atis/valid.txt", SLOTS, "fit.epochs=16", *BIG),
        *_both("kmou", "kmou_ner_2016klp/ner.train", "kmou_ner_2016klp/ner.dev", "fit.epochs=12", *BIG),
        *_both(
            "klue",
            "klue_ner/klue-ner.train.tsv",
            "klue_ner/klue-ner.dev.tsv",
            "source.letters=none",
            "source.casing=false",
            "encoder.size=200",
            "fit.epochs=12",
            "fit.batch_tokens=2048",
        ),
        *_both("wnut17", "wnut17/wnut17train.conll", "wnut17/emerging.dev.conll", "fit.epochs=12", *BIG),
        _tag("snips", f"snips: {JOINT}", "snips/train.txt", "snips/valid.txt", SLOTS, "fit.epochs=12", SKIP, *BIG),
        *_series(
            "etth1",
            "etth1/ETTh1.csv",
            ("gru", "lstm", "rnn", "transformer"),
            "etth1, 96 steps from 96, multivariate, 12/4/4 months (test), MSE and MAE of standardised values",
            *ETT,
            *PATCHED,
            "encoder.size=64",
        ),
        *_series(
            "airline",
            "small_series/airline-passengers.csv",
            (*ARCHS, "bahdanau"),
            "airline passengers, 12 months ahead",
            "series.season=12",
            "series.horizon=12",
            "series.look_back=36",
            "fit.steps=600",
        ),
        *_series(
            "sunspots",
            "small_series/monthly-sunspots.csv",
            (*ARCHS, "bahdanau"),
            "sunspots, 12 months ahead, season 132",
            "series.season=132",
            "series.horizon=12",
            "series.look_back=132",
            "series.patch=null",
            "fit.epochs=6",
        ),
        *_series(
            "temperature",
            "small_series/daily-min-temperatures.csv",
            ARCHS,
            "daily least temperatures, 7 days ahead, season 365",
            "series.season=365",
            "series.horizon=7",
            "series.look_back=56",
            "series.calendar=[year-day]",
            "series.gaps=previous",
            "fit.epochs=8",
        ),
        *_series(
            "exchange",
            "exchange_rate/exchange_rate.first80.txt",
            ARCHS,
            "exchange rates, 24 days ahead",
            "data.format=csv",
            "series.horizon=24",
            "series.look_back=96",
            "fit.epochs=2",
        ),
        *_series(
            "sp500",
            "sp500_ohlc/sp500.first80.csv",
            ARCHS,
            "S&P 500, the next day's close",
            "series.values=[close]",
            "series.past=[open,high,low]",
            "series.frequency=row",
            "series.horizon=1",
            "series.look_back=32",
            "fit.epochs=8",
        ),
        *[
            _labels(
                f"{name.lower()}-{arch}",
                f"{name}: numeric series, the archive's own test part",
                f"data/ts_{name}/{name}_TRAIN.ts",
                arch,
                LABELS,
                "data.valid=null",
                f"fit.epochs={epochs}",
                *settings,
                measured=f"data/ts_{name}/{name}_TEST.ts",
            )
            for name, epochs, settings in (
                ("JapaneseVowels", 60, ("source.noise=0.1",)),
                ("BasicMotions", 120, ("source.noise=0.1",)),
            )
            for arch in ("bigru", "transformer")
        ],
        _labels(
            "splice",
            "splice junctions, a held-out tenth",
            "data/splice/splice.train.csv",
            "transformer",
            LABELS,
            "source.tokens=char",
            "source.column=sequence",
            "target.column=class",
            "source.size=64",
            "source.dropout=0.2",
            "encoder.size=64",
            "encoder.positions=learned",
            "encoder.dropout=0.2",
            "heads.label.reads=mean",
            "fit.lr=2e-3",
            "fit.epochs=20",
            "fit.batch_tokens=2048",
            valid="0.1",
        ),
        *[
            _labels(
                f"promoters-{name}",
                "promoters, a held-out tenth",
                f"promoter=data/promoters/{one}.fa.gz,background=data/promoters/{other}.fa.gz",
                "bigru",
                ("mcc", "accuracy", "balanced_accuracy"),
                "source.k=3",
                "heads.label.reads=max",
                f"fit.epochs={epochs}",
                "fit.batch_tokens=4096",
                valid="0.1",
            )
            for name, one, other, epochs in (
                ("ecoli", "Ecoli_prom", "Ecoli_non_prom", 12),
                ("arabidopsis-tata", "Arabidopsis_tata", "Arabidopsis_non_prom", 8),
            )
        ],
    ]
}
