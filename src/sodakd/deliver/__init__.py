"""Stage 1: correct and faulty solutions, verified by running them."""
