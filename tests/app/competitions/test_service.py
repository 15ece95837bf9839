"""Data sets and versions of competitions on a real database."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from app.competitions import definition, service
from app.courses import queries as courses
from app.database import Database
from app.errors import AppError, Conflict, NotFound, Unprocessable
from app.storage import Store
from grader.dataset_errors import DatasetError
from grader.testset import open_test_folder
from models.competitions import Competition, CompetitionVersion
from models.datasets import Dataset
from tests.app.world import FOLDER, World, change_rules, write_images


def versions(records: Database) -> int:
    with records.read() as session:
        return session.scalars(select(func.count()).select_from(CompetitionVersion)).one()


def apply(records: Database, *, course: str = "ml", dataset: str = "hidden") -> int:
    """The number of the version that holds after the demo's definition was applied."""
    text = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
    with records.write() as session:
        found = courses.course_by_slug(session, course)
        assert found is not None
        read = definition.from_yaml(text, "demo.yaml", FOLDER)
        return service.apply(session, found, read, text, service.dataset_named(session, dataset), None).number


def add(records: Database, world: World, name: str, path: Path) -> Dataset:
    with records.write() as session:
        return service.add_dataset(session, service.copy_dataset(Store(world.folder), name, path))


def other_images(path: Path, shape: tuple[int, ...] = (10, 25, 25, 3), classes: int = 5) -> Path:
    np.savez(path, images=np.zeros(shape, np.uint8), labels=np.arange(len(range(shape[0])), dtype=np.int64) % classes)
    return path


def test_the_same_definition_makes_no_new_version(records: Database, world: World) -> None:
    assert apply(records) == 1
    assert versions(records) == 1


def test_a_change_makes_a_version_and_leaves_the_old_one(records: Database, world: World) -> None:
    change_rules(records, world, "top: 5", "top: 3")

    assert versions(records) == 2
    with records.read() as session:
        current = service.current_version(session, 1)
    assert current is not None
    assert (current.number, current.definition["course"]["board"]["top"]) == (2, 3)


def test_another_data_set_makes_a_version(records: Database, world: World, tmp_path: Path) -> None:
    add(records, world, "second", other_images(tmp_path / "second.npz"))

    assert apply(records, dataset="second") == 2


def test_a_slug_belongs_to_one_course(records: Database, world: World) -> None:
    with pytest.raises(Conflict, match="another course"):
        apply(records, course="other")


@pytest.mark.parametrize(
    ("shape", "classes", "code"), [((10, 28, 28, 1), 5, "dataset-shape"), ((10, 25, 25, 3), 6, "dataset-classes")]
)
def test_a_data_set_must_fit_the_network(
    records: Database, world: World, tmp_path: Path, shape: tuple[int, ...], classes: int, code: str
) -> None:
    add(records, world, "unfit", other_images(tmp_path / "unfit.npz", shape, classes))

    with pytest.raises(Unprocessable) as caught:
        apply(records, dataset="unfit")
    assert caught.value.code == code


def test_adding_the_same_data_set_again_changes_nothing(records: Database, world: World, tmp_path: Path) -> None:
    again = add(records, world, "hidden", write_images(tmp_path / "again.npz", 20))

    assert again.id == 1


def test_a_name_is_not_given_to_other_images(records: Database, world: World, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="other content"):
        add(records, world, "hidden", other_images(tmp_path / "other.npz"))


def test_a_data_set_is_copied_into_the_service(records: Database, world: World, tmp_path: Path) -> None:
    path = other_images(tmp_path / "second.npz")
    added = add(records, world, "second", path)
    path.unlink()

    assert any(Store(world.folder).dataset(added.digest).iterdir())


def test_adding_a_data_set_again_leaves_the_folder_that_is_in_use_alone(
    records: Database, world: World, tmp_path: Path
) -> None:
    images = write_images(tmp_path / "again.npz", 20)
    folder = Store(world.folder).dataset(add(records, world, "hidden", images).digest)
    before = folder.stat().st_ino

    add(records, world, "second-name", images)

    assert folder.stat().st_ino == before


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_adding_a_data_set_again_repairs_a_damaged_folder(
    records: Database, world: World, tmp_path: Path, damage: str
) -> None:
    images = write_images(tmp_path / "again.npz", 20)
    folder = Store(world.folder).dataset(add(records, world, "hidden", images).digest)
    if damage == "cut":
        (folder / "images.npy").write_bytes(b"")
    else:
        shutil.rmtree(folder)

    add(records, world, "hidden", images)

    with open_test_folder(folder) as test_set:
        assert test_set.examples == 20


@pytest.mark.parametrize("name", ["", "Hidden", "a/b", "../up", "-x"])
def test_a_data_set_has_a_name_like_a_slug(records: Database, world: World, tmp_path: Path, name: str) -> None:
    with pytest.raises(AppError, match="cannot be a data set's name"):
        add(records, world, name, write_images(tmp_path / "images.npz", 10))


def test_what_is_no_data_set_is_refused(records: Database, world: World, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(b"nothing of the kind")

    with pytest.raises(DatasetError):
        add(records, world, "bad", path)


def test_an_unknown_data_set_is_not_found(records: Database) -> None:
    with records.read() as session, pytest.raises(NotFound, match="secateur dataset add"):
        service.dataset_named(session, "nothing")


def test_every_error_of_this_module_is_told_with_a_status(records: Database) -> None:
    assert all(issubclass(kind, AppError) for kind in (Conflict, NotFound, Unprocessable))


def test_a_competition_of_the_command_line_is_open_at_once(records: Database) -> None:
    with records.read() as session:
        found = session.get_one(Competition, 1)

    assert found.opened_at is not None
    assert found.closed_at is None


def test_a_change_of_another_version_than_the_newest_is_refused(records: Database, world: World) -> None:
    change_rules(records, world, "top: 5", "top: 3")
    text = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
    with records.write() as session:
        found = courses.course_by_slug(session, "ml")
        assert found is not None
        read = definition.from_yaml(text, "demo.yaml", FOLDER)
        with pytest.raises(AppError) as caught:
            service.apply(session, found, read, text, None, None, base=1)

    assert (caught.value.status, caught.value.code) == (412, "version-outdated")
    assert versions(records) == 2
