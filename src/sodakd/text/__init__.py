"""Reading what models and people wrote: programs in answers, languages, names, duplicates."""
