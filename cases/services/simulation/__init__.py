"""What would have been, had another policy or calendar been in force: the real history replayed over whole columns.

People's own moves stay as they were and when they were, extensions and pauses included; only the clocks change. So a
figure says how often somebody would have been late, reminded or passed over with the same work done at the same time.
"""

from .asking import ask_simulation, read_days
from .running import FIGURES, run_queued, run_simulation

__all__ = ["FIGURES", "ask_simulation", "read_days", "run_queued", "run_simulation"]
