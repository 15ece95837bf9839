"""The HDF5 library, loaded so that no file can make it search for filter plugins.

Every module that touches HDF5 takes it from here, since the library reads these variables once, when it is loaded.
`::` is the value that HDF5's documentation gives for switching plugin loading off.
"""

import os

os.environ["HDF5_PLUGIN_PRELOAD"] = "::"
os.environ["HDF5_PLUGIN_PATH"] = "/nonexistent"

from h5py import h5a, h5d, h5f, h5g, h5l, h5o, h5p, h5s, h5t

DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, ArithmeticError, AttributeError)
"""What h5py raises where bytes do not make sense; which one depends on the spot. MemoryError is left to the jail."""

__all__ = ["DAMAGE", "h5a", "h5d", "h5f", "h5g", "h5l", "h5o", "h5p", "h5s", "h5t"]
