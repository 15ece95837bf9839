"""The network of 10-605's mini-project: the one place where it is written out for Keras."""

from typing import Any, TypeAlias

CLASSES = 5
SHAPE = (25, 25, 3)

Keras: TypeAlias = Any  # keras or tf_keras: the same functions twice, both without types


def layers(keras: Keras, *, second_filters: int = 32) -> list[Any]:
    """Its layers, untrained: with 32 filters in the second convolution it has 592,933 parameters."""
    make = keras.layers
    return [
        keras.Input(SHAPE),
        make.Conv2D(32, 3, padding="same", activation="relu", name="conv2d"),
        make.Conv2D(second_filters, 3, activation="relu", name="conv2d_1"),
        make.MaxPooling2D(2, name="max_pooling2d"),
        make.Dropout(0.25, name="dropout"),
        make.Conv2D(64, 3, padding="same", activation="relu", name="conv2d_2"),
        make.Conv2D(64, 3, activation="relu", name="conv2d_3"),
        make.MaxPooling2D(2, name="max_pooling2d_1"),
        make.Dropout(0.25, name="dropout_1"),
        make.Flatten(name="flatten"),
        make.Dense(512, activation="relu", name="dense"),
        make.Dropout(0.5, name="dropout_2"),
        make.Dense(CLASSES, activation="softmax", name="dense_1"),
    ]
