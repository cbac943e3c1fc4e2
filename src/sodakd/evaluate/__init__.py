"""pass@1 and pass@k on questions that no training saw."""
