"""Distil a large code model into a small one, in self-paced cycles (SODA, arXiv 2408.03680)."""

__version__ = "0.1.0"
