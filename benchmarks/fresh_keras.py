"""What a course's autograder does for one submission: import, build, load, evaluate, in a process of its own.

Arguments: weight file, test set. Prints the correct images.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np


def main(weights: str, test_set: str, network: str) -> None:
    """Evaluate once."""
    data = np.load(test_set)
    model = keras.models.model_from_json(Path(network).read_text(encoding="utf-8"))
    model.load_weights(weights)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = data["images"].astype(np.float32) / 255, data["labels"]
    _, accuracy = model.evaluate(images, labels, batch_size=128, verbose=0)
    print(round(float(accuracy) * len(labels)))


if __name__ == "__main__":
    main(*sys.argv[1:])
