"""Tests of the table of models."""
