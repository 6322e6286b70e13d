"""The reference workload (scenarios/reference.yaml) in other simulators, written for these benchmarks.

Each module has one function ``play(replications, seed, volume) -> Totals``. None of them shares code with rpmsim.
"""
