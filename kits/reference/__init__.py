"""The pruning methods of the assignment as staff's reference solutions, in plain Keras."""
