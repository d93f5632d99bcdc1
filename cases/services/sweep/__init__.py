"""The sweep: claims due steps oldest first, fires each exactly once, in batches, and pages until nothing is due.

The claim locks cases, not deadlines: every service locks the case first, so the two never wait for each other in a
circle. The effects, events and marks of a batch share a transaction; the unique key (deadline, step) makes a second
firing impossible, whoever else is sweeping.
"""

from .effects import EFFECTS
from .pages import Swept, sweep
from .set_aside import SET_ASIDE, retry_set_aside
from .waking import WakeUp, gaps_between_beats, next_wake_up

__all__ = ["EFFECTS", "SET_ASIDE", "Swept", "WakeUp", "gaps_between_beats", "next_wake_up", "retry_set_aside", "sweep"]
