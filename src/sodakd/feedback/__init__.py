"""Stage 2: what the student can do, seen from two views, and how hard each question is for it."""
