"""A file of programs, judged: rows read and checked, verdicts written one by one and resumed."""
