"""The survey and scoring module: rounds, ballots, tallies, scores. It knows nothing of the site."""
