"""Plain files for bench/seq2seq.py from the data folder: one pair a row, or two files of lines."""

import csv
import gzip
import json
import re
from collections.abc import Iterable
from pathlib import Path


def prepare(data: Path, folder: Path) -> None:
    """Write every file that the rows name into `folder`, once."""
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for part, theirs in {"train": "train", "val": "val", "test": "test_2016_flickr"}.items():
        for language in ("de", "en"):
            text = gzip.decompress((data / "multi30k" / f"{theirs}.{language}.gz").read_bytes())
            (folder / f"m30k.{part}.{language}").write_bytes(text)
    for part in ("train", "dev"):
        _write(folder / f"cmu.{part}.tsv", dict.fromkeys(_cmudict(data / "cmudict" / f"cmudict.{part}.dict")))
        _write(folder / f"kor.{part}.tsv", _tabs(data / "sigmorphon2020_g2p" / f"kor_{part}.tsv"))
        german = data / "conll2017_inflection" / ("german-train-high" if part == "train" else "german-dev")
        _write(folder / f"german.{part}.tsv", _tabs(german), ("lemma", "form", "features"))
        with open(data / "chatbot_ko" / f"ChatbotData.{part}.csv", encoding="utf-8", newline="") as file:
            _write(folder / f"chatbot.{part}.tsv", ((row["Q"], row["A"]) for row in csv.DictReader(file)))
        tatoeba = [row[:2] for row in _tabs(data / "koen" / f"tatoeba.{part}.tsv")][1:]
        _write(folder / f"koen.{part}.tsv", ((korean, english) for english, korean in tatoeba))
        with gzip.open(data / "aeslc" / f"aeslc.{part}.jsonl.gz", "rt", encoding="utf-8") as file:
            mails = [json.loads(line) for line in file]
        _write(folder / f"aeslc.{part}.tsv", ((_flat(mail["body"]), _flat(mail["subject"])) for mail in mails))
    (folder / "done").write_text("")


def _cmudict(path: Path) -> Iterable[tuple[str, str]]:
    """Yield word and phonemes without stress."""
    for line in path.read_text(encoding="utf-8").splitlines():
        word, phonemes = line.split(" ", 1)
        yield word, re.sub(r"\d", "", phonemes)


def _tabs(path: Path) -> list[tuple[str, ...]]:
    return [tuple(line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines()]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path, rows: Iterable[tuple[str, ...]], header: tuple[str, ...] = ("source", "target")) -> None:
    """Write rows of which no cell is empty."""
    full = [row for row in rows if all(cell.strip() for cell in row)]
    path.write_text("".join("\t".join(row) + "\n" for row in [header, *full]), encoding="utf-8")
