"""What the product costs, measured beside its alternatives on the same bytes: ``python -m benchmarks.run``."""
