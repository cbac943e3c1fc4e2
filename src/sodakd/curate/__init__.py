"""Files of questions without their duplicates, and without what stands in a benchmark."""
