"""The scoring model: a rubric's points for an answer, learned from a teacher's grades."""
