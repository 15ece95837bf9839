"""The work to be done: tickets, workers, and what happens when one of them dies."""
