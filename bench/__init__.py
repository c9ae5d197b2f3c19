"""What is measured, against whom, by which command: ``python -m bench.NAME``."""
