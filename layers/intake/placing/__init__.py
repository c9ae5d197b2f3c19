"""Where the rows of a file lie."""
