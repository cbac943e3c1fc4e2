"""Duplicates among questions, and overlap with benchmarks: one package for runs and for files."""
