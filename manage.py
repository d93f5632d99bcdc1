#!/usr/bin/env python
"""Django's commands, on the embedded servers where no others are named."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govgrid.settings")
    from govgrid import embedded

    embedded.ensure()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
