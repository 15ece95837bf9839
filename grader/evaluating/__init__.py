"""Graph, weights and images to predicted classes."""
