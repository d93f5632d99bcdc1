"""The chaos proof: real servers, workers, beats and web, killed at random under load; then the database is judged.

`python -m bench chaos` runs it; `run.py` tells the order of things, `judge.py` what counts as a fault."""
