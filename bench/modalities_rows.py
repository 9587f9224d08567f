"""The rows of bench/results/modalities.md: what each is trained on, and with which settings."""

from board import Row

MNIST = "data/mnist/train-images-idx3-ubyte.gz"
FSDD = ("data/fsdd/fsdd_train.npz", "data/fsdd/fsdd_dev.npz")
SUBJECTS = ("1", "3", "5", "7", "9")
LABELS = ("accuracy", "macro_f1", "loss")
PIXELS = ("rnn", "lstm", "gru", "mingru")
UPDATES = 800


def _rows() -> list[Row]:
    held = ("data.valid=0.1",)
    found = [
        Row(
            f"mnist-rows-{arch}",
            "mnist as 28 rows of 28 pixels (a tenth held out)",
            "classify",
            MNIST,
            arch,
            ("source.front=rows", "fit.epochs=10", "fit.batch_tokens=3584", "fit.lr=2e-3", *held),
            LABELS,
        )
        for arch in ("gru", "lstm")
    ]
    found += [
        Row(
            f"mnist-pixels-{arch}",
            f"mnist as 784 pixels, {UPDATES} updates of 32 pictures each (a tenth held out)",
            "classify",
            MNIST,
            arch,
            ("source.front=pixels", f"fit.steps={UPDATES}", "fit.batch_tokens=896", "fit.lr=2e-3", *held),
            LABELS,
        )
        for arch in PIXELS
    ]
    found.append(
        Row(
            "fsdd-digits",
            "fsdd: one digit a recording, measured on the dev takes",
            "classify",
            FSDD[0],
            "bigru",
            ("fit.epochs=15",),
            LABELS,
            FSDD[1],
            FSDD[1],
            ("--label-column", "label"),
        )
    )
    return [*found, *_spoken(), *_asked(), *_told(), *_tracks(), *_moving()]


def _spoken() -> list[Row]:
    table = "fsdd: 3 to 7 digits joined, 400 strings of the dev takes"
    return [
        Row(
            f"digits-{name}",
            table,
            "transcribe",
            "digits_train.npz",
            arch,
            ("target.tokens=word", f"fit.epochs={epochs}", *more),
            ("wer", "cer", "row_error"),
            "digits_dev.npz",
            "digits_dev.npz",
            ("--target-column", "text"),
        )
        for name, arch, epochs, more in (
            ("ctc", "ctc", 10, ()),
            ("attention", "listen-attend-spell", 15, ()),
        )
    ]


def _asked() -> list[Row]:
    settings = ("media.root=data/easy_vqa/images_train.npz", "media.id=image_id", "fit.metric=accuracy")
    table = "easy_vqa: questions about pictures (a tenth of the pictures held out)"
    return [
        Row(
            f"easy-vqa-{name}",
            table,
            "vqa",
            "data/easy_vqa/questions_train.jsonl",
            arch,
            (*settings, f"fit.epochs={epochs}", *more),
            ("accuracy", "mean_accuracy", "loss"),
        )
        for name, arch, epochs, more in (
            ("multiply", "vqa-lstm", 14, ()),
            ("attend", "stacked-attention", 14, ()),
            ("question-alone", "vqa-lstm", 2, ("data.ablate=image",)),
            ("image-alone", "vqa-lstm", 2, ("data.ablate=question",)),
        )
    ]


def _told() -> list[Row]:
    settings = ("media.root=data/easy_vqa/images_train.npz", "media.id=image_id")
    return [
        Row(
            f"captions-{arch}",
            "easy_vqa: captions that were derived from its answers (a tenth of the pictures held out)",
            "caption",
            "data/easy_vqa/captions_derived_train.tsv",
            arch,
            (*settings, "fit.epochs=6"),
            ("exact", "bleu4", "cider", "loss"),
        )
        for arch in ("show-tell", "show-attend-tell")
    ]


def _tracks() -> list[Row]:
    body = "tracks={dims: [1, 2, 3], origin: first, lost: interpolate, limit: 10000, motion: true}"
    found = [
        Row(
            f"msr-subject-{subject}",
            "msr_action3d: 20 actions, one subject of the training part left out at a time",
            "classify",
            "data/msr_action3d/msr_action3d_train.npz",
            "bigru",
            ("fit.epochs=30", "fit.average=1", "heads.label.reads=max", "heads.label.dropout=0.5", body),
            LABELS,
            f"subject={subject}",
            None,
            ("--label-column", "action", "--on-bad-row", "skip"),
        )
        for subject in SUBJECTS
    ]
    found.append(
        Row(
            "gestures",
            "grufba3d: 7 gestures, every fifth block of five neighbours held out",
            "classify",
            "gestures_train.txt",
            "bigru",
            ("fit.epochs=15", "fit.average=1"),
            LABELS,
            "gestures_dev.txt",
            "gestures_dev.txt",
        )
    )
    return found


def _moving() -> list[Row]:
    train, valid = "motion/train/labels.tsv", "motion/valid/labels.tsv"
    found = [
        Row(
            f"motion-{arch}",
            "moving shapes, 8 directions, made here: one label a film",
            "classify",
            train,
            arch,
            ("fit.epochs=20",),
            LABELS,
            valid,
            valid,
        )
        for arch in ("lrcn", "bag")
    ]
    found += [
        Row(
            name,
            "moving shapes: one label a frame, of the films above and of films of 20 frames that turn",
            "tag",
            f"motion/train/{table}.tsv",
            "bilstm",
            (f"fit.epochs={epochs}",),
            ("accuracy", "loss"),
            f"motion/valid/{table}.tsv",
            f"motion/valid/{table}.tsv",
        )
        for name, table, epochs in (("motion-steady-frames", "steady", 12), ("motion-frames", "frames", 40))
    ]
    return found


ROWS = {row.name: row for row in _rows()}
