"""The fixture of this folder."""

from tests.ledger.ledgers import ledgers

__all__ = ["ledgers"]
