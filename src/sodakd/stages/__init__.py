"""The three stages of a SODA cycle: pairs of right and faulty programs, feedback, new questions."""
