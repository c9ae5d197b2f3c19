"""Other editions than the bundled one, and the scripts that make them."""
