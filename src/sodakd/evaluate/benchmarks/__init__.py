"""Benchmarks: one small file each, `table.py` names them all."""
