"""The documents of the command line: every command in them runs, and shows what they say."""

import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seqloom.cli.demo_language import python_topics
from seqloom.cli.settings import flat
from seqloom.studies import STUDIES
from seqloom.studies.conduct import prepare

DOCS = Path(__file__).resolve().parents[2] / "docs"
SHELL = set("|<>")
WORDS = [("fine", "pos"), ("lovely", "pos"), ("dull", "neg"), ("poor", "neg")]


def blocks(name: str) -> list[str]:
    """Return the commands of a document, a list for each line of its sh blocks."""
    text = (DOCS / name).read_text(encoding="utf-8")
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def files(folder: Path) -> None:
    """Write the small files that the document speaks of."""
    rows = [(f"a {word} film, number {n % 9}", label) for n in range(10) for word, label in WORDS]
    (folder / "reviews.tsv").write_text("text\tlabel\n" + "".join(f"{a}\t{b}\n" for a, b in rows))
    (folder / "new.txt").write_text("a fine film\na dull film\na poor film\n")
    korean = "".join(f'"{a}, 정말",{"좋음" if b == "pos" else "나쁨"}\n' for a, b in rows)
    (folder / "상품평.csv").write_text("내용,평가\n" + korean, encoding="utf-8")
    pairs = "".join(f"how {n}\thow {n % 5}\t{'same' if n < 5 else 'other'}\n" for n in range(30))
    (folder / "pairs.tsv").write_text("question1\tquestion2\tlabel\n" + pairs)
    (folder / "words.tsv").write_text(
        "source\ttarget\n" + "가방\tk a p a ŋ\n나비\tn a p i\ncat\tk æ t\n" * 14, encoding="utf-8"
    )
    readings = "".join(f"{n}.5, {40 - n}, {-n}\t{n}도, {'맑음' if n % 2 else '흐림'}\n" for n in range(40))
    (folder / "readings.tsv").write_text("readings\treport\n" + readings, encoding="utf-8")
    (folder / "sources.txt").write_text("가방\ncat\n", encoding="utf-8")
    (folder / "talk.tsv").write_text(
        "question\tanswer\n" + "안녕\t반가워요\n뭐 해\t쉬고 있어요\n" * 20, encoding="utf-8"
    )
    mails = "".join(f"Dear {n}, the meeting of Team{n} is at {n} o'clock\tmeeting of Team{n}\n" for n in range(40))
    (folder / "mails.tsv").write_text("body\tsubject\n" + mails, encoding="utf-8")
    sentences = "".join(f"개 {n} 마리가 달린다\t{n} dogs run\n" for n in range(60))
    (folder / "sentences.tsv").write_text("ko\ten\n" + sentences, encoding="utf-8")
    for part, numbers in {"train": range(40), "val": range(40, 48)}.items():
        (folder / f"{part}.de").write_text("".join(f"{n} Hunde laufen\n" for n in numbers), encoding="utf-8")
        (folder / f"{part}.en").write_text("".join(f"{n} dogs run\n" for n in numbers), encoding="utf-8")
    names = [(f"no{n % 5}", place.split(" ")) for n in range(40) for place in (("서울", "New York")[n % 2],)]
    conll = ["".join(f"{w} O\n" for w in ("fly", one, "to")) + f"{at[0]} B-city\n" for one, at in names]
    more = ["".join(f"{word} I-city\n" for word in at[1:]) for _, at in names]
    (folder / "names.conll").write_text(
        "".join(a + b + "\n" for a, b in zip(conll, more, strict=True)), encoding="utf-8"
    )
    rest = "\t_\t0\troot\t_\t_\n"
    speech = "".join(f"1\t나는\t나\tPRON\tNP{rest}2\t{n}번\t번\tNOUN\tNNG{rest}\n" for n in range(40))
    (folder / "speech.conllu").write_text(speech, encoding="utf-8")
    slots = "".join(f"fly:O to:O city{n}:B-city <=> flight\nfare:O {n}:O <=> fare\n" for n in range(30))
    (folder / "slots.txt").write_text(slots)
    months = [f"{1990 + n // 12}-{n % 12 + 1:02}" for n in range(120)]
    flights = [f"{month},{100 + n + 30 * math.sin(n / 1.9):.1f}\n" for n, month in enumerate(months)]
    (folder / "passengers.csv").write_text("month,passengers\n" + "".join(flights))
    days = [f"2024-{n // 28 + 1:02}-{n % 28 + 1:02}" for n in range(28)] + [f"2024-01-{n}" for n in (29, 30, 31)]
    sales = [f"{day},{50 + n % 7 * 5},{90 - n},{n % 3}\n" for n, day in enumerate(days)]
    ahead = [f"2024-02-{n:02},,,{n % 3}\n" for n in range(1, 8)]
    (folder / "sales.csv").write_text("day,sold,visitors,price\n" + "".join(sales))
    (folder / "sales-next.csv").write_text("day,sold,visitors,price\n" + "".join(sales + ahead))
    (folder / "book.txt").write_text("The sun rose. The rain fell.\n" * 80)
    series(folder)
    tracks(folder)


def tracks(folder: Path) -> None:
    """Write the small files of points that move."""
    frames = [f"{t * (1 + n % 2)} 0.5 {n}" for n in range(40) for t in range(3)]
    heads = [f"gesture {'fast' if n % 2 else 'slow'} hands 1" for n in range(40)]
    text = [line for n, head in enumerate(heads) for line in (head, *frames[3 * n : 3 * n + 3], "end")]
    (folder / "hands.txt").write_text("\n".join(text) + "\n")
    values = np.array([[float(word) for word in line.split()] for line in frames])[:, None, :]
    names, who = [head.split()[1] for head in heads], [1 + n % 4 // 2 for n in range(40)]
    np.savez(folder / "moves.npz", frames=values + 1, offset=np.arange(41) * 3, action=names, who=who)


def series(folder: Path) -> None:
    """Write the small files of series, DNA and numbers."""
    head = "@univariate false\n@dimensions 2\n@classLabel true up down\n@data\n"
    for name, count in {"motions": 40, "motions-test": 8}.items():
        rows = [
            f"{n},{n + 1},{n + 2 * (n % 2)}:{-n},{n % 3},?:{'up' if n % 2 else 'down'}\n" for n in range(1, count + 1)
        ]
        (folder / f"{name}.ts").write_text(head + "".join(rows))
    levels = "".join(f"{n},{n + 1},{n + 2}:{n / 2}\n" for n in range(40))
    (folder / "levels.ts").write_text("@univariate true\n@targetLabel true\n@data\n" + levels)
    kinds = "".join(f"{'left' if n % 2 else 'right'},{n},{n % 7},{-n % 5}\n" for n in range(40))
    (folder / "gestures.csv").write_text("kind,a,b,c\n" + kinds)
    steps = "".join(f"r{n},{t},{n * t % 7},{'a' if n % 2 else 'b'}\n" for n in range(30) for t in range(3))
    (folder / "steps.csv").write_text("run,t,v,label\n" + steps)
    states = "".join(
        f"r{n},{t},{n * t % 7},{'high' if n * t % 7 > 3 else 'low'}\n" for n in range(30) for t in range(4)
    )
    (folder / "states.csv").write_text("run,t,v,label\n" + states)
    for name, motif in {"box": "TATAAT", "none": "GCC"}.items():
        letters = ["ACGT"[(n * k + k * k // 3) % 4] for n in range(1, 31) for k in range(8)]
        records = (f">{n}\n{motif}{''.join(letters[8 * n : 8 * n + 8])}\n" for n in range(30))
        (folder / f"{name}.fa").write_text("".join(records))
    scores = "".join(f"how {n}\thow {n % 5}\t{n % 5}.5\n" for n in range(40))
    (folder / "scores.tsv").write_text("first\tsecond\tscore\n" + scores)


def run(seqloom: Callable, line: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run a line as a shell would; in this process where it is one command alone, which is quicker."""
    words = shlex.split(line)
    if words[0] == "seqloom" and not SHELL & set(line):
        answer = seqloom(*words[1:])
        return answer.code, answer.out, answer.err
    command = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment whose PATH has this very seqloom and this Python."""
    folder = tmp_path_factory.mktemp("bin")
    for name, module in (("seqloom", " -m seqloom.cli.main"), ("python3", "")):
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n')
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}


def test_the_commands_of_the_command_line_run(
    seqloom: Callable, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = python_topics()[:20_000]
    monkeypatch.setattr("seqloom.cli.demo_language.python_topics", lambda: text)
    monkeypatch.setattr("seqloom.cli.demo_dates.TRAIN", 300)
    monkeypatch.setattr("seqloom.cli.demo_dates.HELD", 20)
    files(Path.cwd())
    lines = blocks("cli.md")
    assert len(lines) > 25 and {line.split()[1] for line in lines if line.startswith("seqloom ")} >= set(VERBS)
    for line in lines:
        short = f"{line} --seconds 1" if line.startswith("seqloom demo") else line
        code, out, err = run(seqloom, short, environment)
        assert code == 0, f"{line}\n{out}\n{err}"
        assert out or ">" in line or "seqloom: wrote" in err, line


PAGES = (
    "classify",
    "series",
    "tag",
    "language",
    "architectures",
    "translate",
    "transduce",
    "summarise",
    "chat",
    "transcribe",
    "caption",
    "vqa",
    "attention",
    "decoding",
    "forecast",
    "audio",
    "images",
    "video",
    "check",
    "explain",
    "report",
    "compare",
    "tune",
    "advise",
    "speed",
)


@pytest.mark.parametrize("name", [*(f"{page}.md" for page in PAGES), "../README.md"])
def test_the_commands_of_the_other_documents_run(name: str, seqloom: Callable, environment: dict[str, str]) -> None:
    files(Path.cwd())
    lines = blocks(name)
    assert len(lines) >= 2
    for line in lines:
        code, out, err = run(
            seqloom, line.replace("--minutes 0.1", "--steps 30").replace("--budget 5m", "--budget 20s"), environment
        )
        assert code == 0, f"{line}\n{out}\n{err}"


@pytest.mark.parametrize("name", ["caption.md", "vqa.md"])
def test_the_python_of_what_a_run_looked_at_runs(name: str, seqloom: Callable, environment: dict[str, str]) -> None:
    for line in [line for line in blocks(name) if "make-data" in line or "--valid" in line]:
        assert run(seqloom, line, environment)[0] == 0
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "data:image/png" in Path("looks.html").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs(tmp_path: Path, environment: dict[str, str]) -> None:
    files(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "../README.md").read_text(encoding="utf-8"), re.DOTALL)
    command = [sys.executable, "-c", example]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    accuracy, *answers = done.stdout.splitlines()
    assert 0 <= float(accuracy) <= 1 and [answer.split()[0] in ("pos", "neg") for answer in answers] == [True, True]


VERBS = (
    *("demo", "train", "evaluate", "predict", "generate", "score", "explain", "study", "compare", "tune"),
    *("check", "advise", "show", "list", "make-data", "doctor"),
)


def test_what_the_documents_point_to_is_there() -> None:
    places = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    for place in places:
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", place.read_text(encoding="utf-8")):
            assert link.startswith(("http:", "https:", "mailto:")) or (place.parent / link).exists(), f"{place}: {link}"


def test_the_studies_that_documents_name_can_be_run() -> None:
    """They take minutes each: here their names and options are checked, and tests/studies runs them at small sizes."""
    commands = {
        line
        for place in DOCS.rglob("*.md")
        for line in re.findall(r"seqloom study [^\n`;]*", place.read_text(encoding="utf-8"))
        if "NAME" not in line
    }
    assert len(commands) > len(STUDIES)
    for command in commands:
        words = shlex.split(command.rstrip(". )"))
        settings = [word for before, word in pairwise(words) if before == "-s"]
        if "--all" not in words:
            prepare(words[2], flat(settings))


def test_hell_is_followed_by_o(seqloom: Callable, environment: dict[str, str]) -> None:
    answers = [run(seqloom, line, environment) for line in blocks("hello.md")]
    assert [code for code, _, _ in answers] == [0, 0, 0, 0], answers
    steps = re.findall(r"^(\S+) -> (\S+)  ([\d.]+)%$", answers[2][1], re.MULTILINE)
    assert [step[:2] for step in steps] == [("h", "e"), ("he", "l"), ("hel", "l"), ("hell", "o")]
    assert float(steps[0][2]) > 80 and all(float(share) > 98 for _, _, share in steps[1:]), steps
    assert answers[2][1].rstrip().endswith("\nhello"), "the o is chosen"
    scores = {line.split("\t")[2]: float(line.split("\t")[0]) for line in answers[3][1].splitlines()}
    assert scores["hello"] > -1 and max(scores["helo"], scores["holle"]) < scores["hello"] - 9


def test_the_size_that_the_document_names_is_true(seqloom: Callable, environment: dict[str, str]) -> None:
    for line in blocks("hello.md")[:2]:
        assert run(seqloom, line, environment)[0] == 0
    from seqloom.training.run import load

    model = load("runs/hello").model
    assert model.heads["words"].weight.shape == (10, 16)  # type: ignore[union-attr]
