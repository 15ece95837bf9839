"""What is left of a network once all that its zeros make useless is taken out: a smaller network that computes the same."""
