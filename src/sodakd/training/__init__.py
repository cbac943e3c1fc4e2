"""Training of the student: examples in, a model folder and its log out."""
