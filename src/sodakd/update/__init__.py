"""Stage 3: feedback decides which new questions, at which level, come next."""
