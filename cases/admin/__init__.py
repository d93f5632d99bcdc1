"""Reference data of cases for administrators, and the cases themselves to look at: what happens to a case happens
through its actions, never by hand. Nobody sees beyond their territory."""

from . import cases, clocks, policies, reference, registers

__all__ = ["cases", "clocks", "policies", "reference", "registers"]
