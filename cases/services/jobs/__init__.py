"""Long work: asked for here, done by workers, one piece in one transaction."""

from .asking import BULK_ACTIONS, MOST_CASES, ask_bulk, ask_export
from .at_once import FEW, do_at_once
from .progress import progress_of
from .running import run_jobs
from .taking import SHORT, forget_files, is_short

__all__ = [
    "BULK_ACTIONS",
    "FEW",
    "MOST_CASES",
    "SHORT",
    "ask_bulk",
    "ask_export",
    "do_at_once",
    "forget_files",
    "is_short",
    "progress_of",
    "run_jobs",
]
