"""Pictures of 224 x 224 pixels on their whole way, from JPEG files to classes, beside what PyTorch makes of them."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from grader import competition, dataset_folders, evaluation
from grader.airlock.runner import Airlock
from grader.competition import Definition
from grader.evaluating.images import Scaling, StoredImages
from grader.networks.graph import bind
from grader.pictures.making import stream
from grader.pictures.preparation import Layout, Preparation
from grader.testset import check_fit, open_test_folder

Hold = Callable[[bytes], int]

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DEFINITION = f"""\
slug: pictures
grading:
  file: {{format: pytorch, names: ["*.pt"]}}
  network:
    input_shape: [3, 224, 224]
    layers:
      - conv2d: {{channels: 8, kernel: 7, stride: 4}}
      - batch_norm2d
      - relu
      - conv2d: {{channels: 8, kernel: 3, stride: 2, groups: depthwise}}
      - relu
      - flatten
      - linear: 11
  input: {{divide_by: 255, mean: {list(MEAN)}, std: {list(STD)}}}
  classes: [bread, dairy, dessert, egg, fried, meat, noodles, rice, seafood, soup, vegetable]
  score: accuracy
"""


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is the reference here")


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    path = tmp_path_factory.mktemp("definition") / "pictures.yaml"
    path.write_text(DEFINITION, encoding="utf-8")
    return competition.load(path)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in food-11's naming: 33 JPEG files of several sizes and colours."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(4)
    for number in range(33):
        pixels = random.integers(0, 256, (random.integers(3, 9), random.integers(3, 9), 3), dtype=np.uint8)
        size = tuple(int(side) for side in random.integers(250, 520, 2))
        image = Image.fromarray(pixels).resize((size[0], size[1]), Image.Resampling.BICUBIC)
        image.convert("L" if number % 7 == 3 else "RGB").save(folder / f"{number % 11}_{number // 11}.jpg")
    return folder


def in_torch(torch: Any, path: Path) -> Any:
    """ToTensor and Normalize of torchvision, on the picture that its Resize and CenterCrop leave."""
    image = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
    short, long = sorted(image.size)
    longer = int(256 * long / short)
    image = image.resize((256, longer) if image.width <= image.height else (longer, 256), Image.Resampling.BILINEAR)
    left, top = round((image.width - 224) / 2.0), round((image.height - 224) / 2.0)
    pixels = np.array(image.crop((left, top, left + 224, top + 224)))
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    return torch.from_numpy(pixels).permute(2, 0, 1).float().div(255).sub(mean).div(std)


def small_model(torch: Any) -> Any:
    torch.manual_seed(1)
    nn = torch.nn
    layers = [nn.Conv2d(3, 8, 7, 4), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, groups=8), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(8 * 27 * 27, 11)).eval()


def test_channels_first_pixels_are_normalised_to_the_bit_as_torch_does(torch: Any, descriptor: Hold) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (3, 3, 224, 224), dtype=np.uint8)
    images = StoredImages(descriptor(pixels.tobytes()), "uint8", pixels.shape, 0, Scaling(255.0, MEAN, STD, True))
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))

    expected = torch.from_numpy(pixels).float().div(255).sub(mean).div(std)

    np.testing.assert_array_equal(images.take(range(3)), expected.numpy())


def test_pictures_get_the_classes_that_torch_gives_them(
    torch: Any, definition: Definition, pictures: Path, tmp_path: Path, evaluating_airlock: Airlock
) -> None:
    model = small_model(torch)
    network = definition.network
    arrays = [value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")]
    weights = {slot.name: array.numpy() for slot, array in zip(network.slots, arrays, strict=True)}
    made = stream(pictures, Preparation(Layout.CHW, 256, 224))

    with dataset_folders.written(made, tmp_path) as unplaced:
        unplaced.put_at(tmp_path / "set")
    with open_test_folder(tmp_path / "set") as test_set:
        check_fit(test_set, definition, "set")
        found = evaluation.predict(bind(network, weights), 10**7, definition.grading, test_set, evaluating_airlock)

    paths = sorted(pictures.iterdir(), key=lambda path: [int(part) for part in path.stem.split("_")])
    with torch.no_grad():
        logits = model(torch.stack([in_torch(torch, path) for path in paths]))
    assert found.classes.tolist() == logits.argmax(1).tolist()
    assert len(set(found.classes.tolist())) > 2
