"""A weight file of Keras: its layers with their numbers."""

from grader.facts import AnyArray
from grader.reading import keras_layouts, storage
from grader.reading.hdf5 import open_tree
from grader.reading.layout import Layout


def read(data: bytes) -> tuple[Layout, dict[str, dict[str, AnyArray]], dict[str, int]]:
    """Layout, layer -> array's name -> numbers, and remarks. Raises Refusal."""
    found = keras_layouts.find_weights(open_tree(data))
    arrays = iter(storage.read_arrays([dataset for layer in found.layers for dataset in layer.arrays.values()]))
    return (
        found.layout,
        {layer.name: {name: next(arrays) for name in layer.arrays} for layer in found.layers},
        found.notes,
    )
