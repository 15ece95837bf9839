"""What the weights are for: one ONNX graph with named weight slots."""
