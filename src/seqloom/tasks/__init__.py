"""Tasks: from a person's rows to batches and back to answers; one file each. A task names its heads, never a model."""

from typing import TYPE_CHECKING, cast

from seqloom.table import Table

if TYPE_CHECKING:
    from seqloom.tasks.task import Task

TASKS = Table(
    "task",
    "seqloom.tasks",
    {
        "classify": "classify:Classify",
        "regress": "regress:Regress",
        "tag": "tag:Tag",
        "language": "language:Language",
        "translate": "translate:Translate",
        "transduce": "transduce:Transduce",
        "summarise": "summarise:Summarise",
        "chat": "chat:Chat",
        "transcribe": "transcribe:Transcribe",
        "forecast": "forecast:Forecasting",
        "caption": "caption:Caption",
        "vqa": "vqa:Vqa",
    },
)


def task_class(name: str) -> "type[Task]":
    """Return a task by name. Raises InputError for an unknown one."""
    return cast("type[Task]", TASKS[name])
