"""What torch's engine is tested on: the processor, and a GPU where there is one."""

import pytest

NO_GPU = pytest.mark.skipif("not __import__('torch').cuda.is_available()", reason="there is no CUDA device here")
DEVICES = ("cpu", pytest.param("cuda", marks=NO_GPU))
"""For `pytest.mark.parametrize("device", DEVICES)` and the parameters of fixtures."""
