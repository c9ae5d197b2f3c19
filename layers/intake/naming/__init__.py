"""Names, addresses, ids and references."""
