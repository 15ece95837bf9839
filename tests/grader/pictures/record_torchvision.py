"""Writes `torchvision.json`: what torchvision makes of some pictures. By hand, where torchvision can be imported whole.

python tests/grader/pictures/record_torchvision.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, Resize

SIZES = [
    (512, 512),
    (512, 384),
    (384, 512),
    (301, 257),
    (256, 300),
    (257, 256),
    (225, 999),
    (1000, 224),
    (31, 40),
    (7, 5),
]
STEPS = [(256, 224), (224, 224), (255, 224), (256, 223), (97, 64), (None, 5), (33, None)]


def pattern(width: int, height: int) -> Image.Image:
    """A picture with gradients, edges and fine structure in each channel."""
    y, x, channel = np.ogrid[:height, :width, :3]
    return Image.fromarray(((x * 7 + y * 13 + x * y * (channel + 1) + channel * 50) % 256).astype(np.uint8))


def main() -> None:
    """Transforms each pattern with each pair of steps."""
    cases = []
    for size in SIZES:
        for resize, crop in STEPS:
            steps = ([] if resize is None else [Resize(resize)]) + ([] if crop is None else [CenterCrop(crop)])
            made = np.asarray(Compose(steps)(pattern(*size)))
            digest = hashlib.sha256(made.tobytes()).hexdigest()
            shape = list(made.shape[:2])
            cases.append({"size": size, "resize": resize, "crop": crop, "height_width": shape, "sha256": digest})
    versions = {"torchvision": torchvision.__version__, "pillow": PIL.__version__}
    lines = ",\n".join(f"    {json.dumps(case)}" for case in cases)
    text = f'{{\n  "versions": {json.dumps(versions)},\n  "cases": [\n{lines}\n  ]\n}}\n'
    Path(__file__).with_name("torchvision.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
