"""Prints the golden book, for `docs/golden-book.md`."""

import sys

from tests import conftest  # noqa: F401  # names the servers and sets Django up
from tests.golden.book import pages

sys.stdout.write("".join(pages()))
