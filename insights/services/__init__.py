"""Keeps the facts in step with the cases, and proves that they are."""

from .keeping import Counted as Counted
from .keeping import drain as drain
from .rebuilding import Difference as Difference
from .rebuilding import check as check
from .rebuilding import rebuild as rebuild
