"""Moving house: everything that the service holds, taken along and put up somewhere else."""
