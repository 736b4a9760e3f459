"""Benchmarks: each figure beside its limit, measured in one run. `python -m benchmarks`; every `bench_*.py` has `run()`."""
