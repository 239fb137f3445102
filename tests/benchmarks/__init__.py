"""The benchmarks keep their own laws."""
