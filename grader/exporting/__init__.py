"""A student's code and weights in, the network that they build out, as ONNX. The one part that knows torch; it runs in the jail."""
