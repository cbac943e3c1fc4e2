"""Every knob of a run, typed, one file a section of the recipe. Defaults live here."""
