"""Reference data of cases for administrators, and the cases themselves to look at: what happens to a case happens
through its actions, never here. Nobody's name or phone is shown, and nobody sees beyond their territory."""

from . import cases, policies, reference, registers

__all__ = ["cases", "policies", "reference", "registers"]
