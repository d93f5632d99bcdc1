"""Shifts the wall clock of the Python process that finds this on its path, as if its host's clock were wrong.

Python imports a module of this name before any other code. The methods of the real classes are replaced (a subclass
would not be what C code returns), so everybody sees the shifted time, whenever they imported it. The monotonic clock
stays: no host's tells the time of day."""

import ctypes
import datetime
import gc
import os
import time

SHIFT = float(os.environ.get("CHAOS_CLOCK_SHIFT_SECONDS", "0"))
real_time, real_time_ns = time.time, time.time_ns
real_now, real_utcnow = datetime.datetime.now, datetime.datetime.utcnow
real_localtime, real_gmtime = time.localtime, time.gmtime


class Broken:
    """A function from seconds, by default those of now, to a date. An object, because a plain function would become a
    method where a class keeps it, as a formatter of logs does."""

    def __init__(self, real):
        self.real = real

    def __call__(self, seconds=None):
        return self.real(time.time() if seconds is None else seconds)


def now(cls, tz=None):
    """As `datetime.now`."""
    return real_now(tz) + datetime.timedelta(seconds=SHIFT)


def utcnow(cls):
    """As `datetime.utcnow`."""
    return real_utcnow() + datetime.timedelta(seconds=SHIFT)


def shift() -> None:
    """Replace what tells the time of day; `date.today` asks `time.time` by itself."""
    time.time = lambda: real_time() + SHIFT
    time.time_ns = lambda: real_time_ns() + int(SHIFT * 1e9)
    time.localtime, time.gmtime = Broken(real_localtime), Broken(real_gmtime)
    members = gc.get_referents(datetime.datetime.__dict__)[0]  # the dictionary behind the read-only view
    members["now"] = classmethod(now)
    members["utcnow"] = classmethod(utcnow)
    members["today"] = classmethod(lambda cls: now(cls))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))


if SHIFT:
    shift()
