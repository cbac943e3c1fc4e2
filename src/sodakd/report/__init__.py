"""The report: one HTML page made from a run's folder, and from nothing else."""
