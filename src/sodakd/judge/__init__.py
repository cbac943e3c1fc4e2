"""The judge: untrusted code is run here and nowhere else."""
