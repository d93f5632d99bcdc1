"""The territory over HTTP, and what every app's API stands on: pages, filters, parsers, sign-in."""
