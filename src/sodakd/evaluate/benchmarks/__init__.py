"""Benchmarks: one small file each, `registry.py` names them all."""
