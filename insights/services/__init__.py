"""Keeps the facts in step with the cases, and proves that they are."""

from .keeping import drain as drain
