"""The teacher: typed asks, and the ledger that remembers and pays for every answer."""
