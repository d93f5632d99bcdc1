"""A whole city to try everything on: real divisions, made-up people and matters, written by the real services."""

from .loading import DemoRefused, Loaded, is_loaded, load

__all__ = ["DemoRefused", "Loaded", "is_loaded", "load"]
