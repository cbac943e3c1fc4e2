"""How efficient a run or an evaluation was: what it used, and how fast its models were."""
