"""A network out of a file that holds it whole, read in the jail."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest

import competitions
from grader import reference_upload
from grader.airlock.runner import Airlock
from grader.errors import DefinitionError
from grader.reference_job import small_export

CONFIGURATION = (Path(competitions.__file__).parent / "cmu-10605.keras.json").read_bytes()
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "h5-layouts"


@pytest.fixture(scope="module")
def airlock() -> Iterator[Airlock]:
    with Airlock(reference_upload.JOB) as airlock:
        yield airlock


def read(airlock: Airlock, content: bytes) -> reference_upload.Uploaded:
    file = os.memfd_create("upload", os.MFD_CLOEXEC)
    try:
        os.write(file, content)
        return reference_upload.read(file, airlock)
    finally:
        os.close(file)


def model(configuration: bytes) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = configuration.decode()
        file.create_group("model_weights")
    return buffer.getvalue()


def test_the_json_of_a_network_is_itself(airlock: Airlock) -> None:
    found = read(airlock, CONFIGURATION)

    assert (found.key, found.network.parameters) == ("keras_config", 592_933)


def test_a_whole_model_tells_its_network(airlock: Airlock) -> None:
    assert read(airlock, model(CONFIGURATION)).content == read(airlock, CONFIGURATION).content


@pytest.mark.parametrize("name", ["keras3.0.5-full_model.h5", "tf_keras2.21-full_model_trained.h5"])
def test_models_that_keras_saved_tell_theirs(airlock: Airlock, name: str) -> None:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")

    assert read(airlock, path.read_bytes()).network.parameters > 0


def test_an_export_is_kept_without_its_weights(airlock: Airlock) -> None:
    found = read(airlock, small_export())

    assert (found.key, found.network.parameters, found.network.input_shape) == ("onnx", 10, (1, 2, 2))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "opset 0"),
        (b"PK\x03\x04 and more", "zip archive"),
        (b'{"class_name": "Functional"}', "configuration"),
        (b"{" * 100_000, "Expecting property name"),
        (model(b"not JSON"), "Expecting value"),
        (model(b'"' + b"x" * (2 << 20) + b'"'), "at most"),
        (CONFIGURATION[:-200], "delimiter|Expecting|Unterminated"),
    ],
)
def test_what_holds_no_network_is_told_why(airlock: Airlock, content: bytes, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        read(airlock, content)
