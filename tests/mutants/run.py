"""Break the code on purpose, one mistake at a time, and show which test notices.

    python tests/mutants/run.py [--jobs 2] [NAME ...]

Each mutant of catalogue.py is written into a copy of src/, and the tests run against the copy, those of the broken file
first, then the quick ones, until one fails. Prints a table and ends with 1 if a mutant survives: a hole in the tests,
to be closed by a law. Of a mutant of native code the library is built anew, at every level of instructions.
Needs a system that can fork: torch is imported once, the package anew for each mutant.
"""

import argparse
import importlib.util
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from catalogue import MUTANTS
from mutant import Mutant
from native_build import build, is_native

ROOT = Path(__file__).resolve().parents[2]
QUICK = [
    "oracles",
    "ops",
    "cells",
    "layers",
    "encoders",
    "bridges",
    "decoders",
    "heads",
    "test_tape.py",
    "test_model.py",
    "test_build.py",
]
STAGES = [[f"tests/{name}" for name in QUICK], ["tests/laws"]]
OWN = {
    "advising": [["tests/advising"]],
    "checking": [["tests/checking"], ["tests/cli/test_check_report.py"]],
    "cli": [["tests/cli/test_explain.py", "tests/cli/test_study.py"]],
    "comparing": [["tests/comparing"]],
    "decoding": [["tests/decoding"]],
    "explaining": [["tests/explaining"], ["tests/laws/test_explained.py"]],
    "kernels": [
        ["tests/kernels"],
        ["tests/decoding/test_engine.py", "tests/decoding/test_native_text.py", "tests/laws/test_native_steps.py"],
    ],
    "pages": [["tests/pages"]],
    "report": [["tests/report"]],
    "studies": [["tests/studies"]],
    "training": [["tests/training/test_update.py"]],
    "tuning": [["tests/tuning"]],
}
"""By folder of the source: the tests of what the stages do not reach."""
NEAR = {
    "checking/parts.py": ["cli/test_check_report.py"],
    "checking/suggesting.py": ["cli/test_check_report.py"],
    "cli/settings.py": ["cli/test_explain.py", "cli/test_study.py"],
    "comparing/cost_speed.py": ["comparing/test_cost.py"],
    "comparing/job.py": ["comparing/test_job.py", "comparing/test_conduct.py"],
    "comparing/judged.py": ["comparing/test_job.py"],
    "comparing/match_widths.py": ["comparing/test_match.py"],
    "data/media.py": ["data/test_media_folder.py", "data/test_media_arrays.py"],
    "data/media_open.py": ["data/test_media_folder.py"],
    "data/sound_container.py": ["data/test_sound.py"],
    "data/track_points.py": ["data/test_tracks.py"],
    "encoders/branch.py": ["test_fused_model.py"],
    "kernels/native/attend_after.cpp": ["kernels/test_attend.py"],
    "kernels/native/attend_before.cpp": ["kernels/test_attend.py"],
    "kernels/native/cell_step.cpp": ["kernels/test_cell_step.py"],
    "kernels/native/draw.cpp": ["kernels/test_draw.py", "decoding/test_native_text.py"],
    "kernels/native/dropout.cpp": ["kernels/test_dropout.py"],
    "kernels/native/gemm.h": ["kernels/test_library.py"],
    "kernels/native/heads.cpp": ["kernels/test_heads.py"],
    "kernels/native/layers.h": ["kernels/test_attend.py"],
    "kernels/native/linear.h": ["kernels/test_linear.py"],
    "kernels/native/matrix.cpp": ["kernels/test_product.py"],
    "kernels/native/nats.cpp": ["kernels/test_nats.py"],
    "kernels/native/noise.h": ["kernels/test_dropout.py"],
    "kernels/native/reading.h": ["kernels/test_additive.py"],
    "kernels/native/recurrence.cpp": ["kernels/test_recurrence.py"],
    "kernels/native/recurrence.h": ["kernels/test_recurrence.py"],
    "kernels/native/recurrent_step.cpp": ["laws/test_native_steps.py"],
    "kernels/native/rows.h": ["kernels/test_recurrence.py"],
    "kernels/native/scan.cpp": ["kernels/test_scan.py"],
    "kernels/native/search.cpp": ["kernels/test_search.py", "decoding/test_engine.py"],
    "kernels/native/transformer_step.cpp": ["decoding/test_engine.py"],
    "kernels/recurrence.py": ["kernels/test_recurrence.py", "kernels/test_shapes.py"],
    "explaining/answering.py": ["explaining/test_what_if_view.py", "explaining/test_subjects.py"],
    "explaining/axes.py": ["explaining/test_subjects.py"],
    "explaining/inputs.py": ["explaining/test_saliency_view.py"],
    "explaining/passing.py": ["explaining/test_bottleneck_view.py"],
    "explaining/saliency_figures.py": ["explaining/test_saliency_view.py"],
    "explaining/scores.py": ["explaining/test_subjects.py"],
    "explaining/subject.py": ["explaining/test_subjects.py"],
    "explaining/subjects_forecast.py": ["explaining/test_subjects.py"],
    "explaining/subjects_text.py": ["explaining/test_subjects.py"],
    "report/line_chart.py": ["report/test_chart.py", "report/test_drawing.py"],
    "spec.py": ["tasks/test_split.py"],
    "tasks/asked.py": ["tasks/test_vqa.py"],
    "tasks/clip_pairs.py": ["tasks/test_caption.py", "tasks/test_transcribe.py"],
    "tasks/media_pairs.py": ["tasks/test_caption.py", "tasks/test_transcribe.py"],
    "tasks/media_source.py": ["tasks/test_clips.py", "tasks/test_audio_source.py", "tasks/test_image_source.py"],
    "tasks/pair_rows.py": ["tasks/test_split.py", "tasks/test_parts.py"],
    "tasks/step_clips.py": ["tasks/test_tag_frames.py"],
    "tuning/found.py": ["tuning/test_search.py"],
    "tuning/proposals.py": ["tuning/test_search.py"],
    "tuning/trial.py": ["tuning/test_search.py"],
}
"""By file of the source: the tests that come before the stages, where none is named after the file."""
WRONG_COPY = 99


@dataclass(frozen=True)
class Run:
    """A process that tests a copy of the source; `mutant` is None for the healthy source, whose text is kept."""

    mutant: Mutant | None
    healthy: str
    source: Path
    log: Path
    process: BaseProcess


def main() -> int:
    """Run the mutants asked for (all by default) and print the table."""
    parser = argparse.ArgumentParser(description="Break the code on purpose and show which test notices.")
    parser.add_argument("names", nargs="*", help="mutants to run; all by default")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    asked = parser.parse_args()
    unknown = set(asked.names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [one for one in MUTANTS if not asked.names or one.name in asked.names]
    warm()
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(job) for job in range(asked.jobs)]
        for copy in copies:
            shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("*.pyc"))
        if any(is_native(one.file) for one in chosen):
            if (made := ROOT / "build" / "native").is_dir():  # what was compiled before need not be compiled again
                shutil.copytree(made, objects(copies[0]))
            build(copies[0], objects(copies[0]))
        waiting: list[Mutant | None] = [None, *chosen]
        running: list[Run] = []
        survivors, noticed = 0, 0
        while waiting or running:
            while waiting and copies:
                mutant = waiting.pop(0)
                tests = suite(chosen) if mutant is None else stages(mutant)
                running.append(started(mutant, tests, copies.pop()))
            ready = wait([run.process.sentinel for run in running])
            for run in [run for run in running if run.process.sentinel in ready]:
                running.remove(run)
                copies.append(run.source)
                killer = ended(run)
                if run.mutant is None:
                    if killer is not None:
                        print(f"{run.log.read_text()}\nThe tests fail without any mutant ({killer}): nothing is shown.")
                        return 2
                    continue
                noticed, survivors = noticed + (killer is not None), survivors + (killer is None)
                print(f"| {run.mutant.name} | {run.mutant.file} | {killer or 'SURVIVED'} |", flush=True)
    print(f"{noticed} of {noticed + survivors} mutants were noticed.")
    return 1 if survivors else 0


def stages(mutant: Mutant) -> list[list[str]]:
    """Return the tests of a mutant, one stage after the other: those of its file, then those that read most files."""
    place = Path(mutant.file)
    named = [str(place.with_name(f"test_{place.name}"))]
    near = [f"tests/{one}" for one in NEAR.get(mutant.file, named) if (ROOT / "tests" / one).is_file()]
    return [*([near] if near else []), *OWN.get(place.parts[0], STAGES)]


def suite(mutants: Sequence[Mutant]) -> list[list[str]]:
    """Return the stages of some mutants, each once: what the healthy source must pass."""
    every = [stage for mutant in mutants for stage in stages(mutant)]
    return [stage for at, stage in enumerate(every) if stage not in every[:at]]


def warm() -> None:
    """Import what every run needs, but nothing of the package, and keep each run to one core."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    import onnx.reference  # noqa: F401
    import pydantic  # noqa: F401
    import torch  # noqa: F401


def objects(source: Path) -> Path:
    """Return where objects of the native library are kept from mutant to mutant."""
    return source.with_name("objects")


def started(mutant: Mutant | None, tests: Sequence[Sequence[str]], source: Path) -> Run:
    """Put a mutant into a free copy of the source and start the tests."""
    log, healthy = source.with_suffix(".log"), ""
    if mutant is not None:
        file = source / "seqloom" / mutant.file
        healthy = file.read_text(encoding="utf-8")
        file.write_text(mutant.applied(healthy), encoding="utf-8")
    process = multiprocessing.get_context("fork").Process(target=tested, args=(source, mutant, tests, log))
    process.start()
    return Run(mutant, healthy, source, log, process)


def ended(run: Run) -> str | None:
    """Heal the copy and return the test that noticed, None if none did."""
    if run.mutant is not None:
        (run.source / "seqloom" / run.mutant.file).write_text(run.healthy, encoding="utf-8")
    run.process.join()  # its end is seen before its exit code is there
    code, output = run.process.exitcode, run.log.read_text(encoding="utf-8")
    if code == WRONG_COPY:
        raise RuntimeError(f"{run.mutant}: {output[-500:]}")
    found = re.search(r"^(?:FAILED|ERROR) tests/(.+?)(?: - .*)?$", output, re.MULTILINE)
    return None if code == 0 else found.group(1) if found else f"exit {code}"


def tested(source: Path, mutant: Mutant | None, tests: Sequence[Sequence[str]], log: Path) -> None:
    """Run the tests in this process, against a copy of the source, and exit with pytest's code."""
    with log.open("w") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    sys.path.insert(0, str(source))  # comes before an editable install
    os.environ["PYTHONPATH"] = str(source)  # for processes that tests start
    sys.dont_write_bytecode = True
    if objects(source).is_dir():
        try:
            build(source, objects(source))
        except RuntimeError as error:
            print(error, flush=True)
            os._exit(WRONG_COPY)
    os.chdir(ROOT)
    import pytest

    code = 0
    scratch = source.with_suffix(".scratch")
    for stage in tests:
        code = code or int(
            pytest.main(["-xq", "-m", "not slow", "-p", "no:cacheprovider", f"--basetemp={scratch}", *stage])
        )
    of_python = mutant is not None and not is_native(mutant.file)
    module = "seqloom" + (f".{mutant.file.removesuffix('.py').replace('/', '.')}" if of_python else "")
    where = importlib.util.find_spec(module)
    if module not in sys.modules or where is None or not Path(str(where.origin)).is_relative_to(source):
        print(f"{module} was not tested, or not from {source}: {where}")
        code = WRONG_COPY
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
