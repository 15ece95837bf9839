import unicodedata

import pytest

from grader.dataset_errors import DatasetError
from grader.pictures.naming import label

FOOD = ["Bread", "Dairy product", "Dessert"]


def order(*paths: str, classes: list[str] | None = None) -> list[tuple[str, int]]:
    return [(named.path, named.label) for named in label(paths, "set", classes)]


def refusal(*paths: str, classes: list[str] | None = None) -> str:
    with pytest.raises(DatasetError) as raised:
        label(paths, "set", classes)
    return str(raised.value)


def test_the_class_is_the_number_before_the_pictures_own() -> None:
    assert order("0_5.jpg", "1_0.jpg", "2_31.jpg") == [("0_5.jpg", 0), ("1_0.jpg", 1), ("2_31.jpg", 2)]


def test_numbers_are_ordered_by_value_however_the_folder_lists_them() -> None:
    classes = [f"{number}_{picture}.jpg" for number in range(11) for picture in (0, 2, 9, 10, 100)]

    found = order(*sorted(classes, reverse=True))

    assert [path for path, _ in found] == classes
    assert [number for _, number in found] == [number for number in range(11) for _ in range(5)]


def test_a_folder_around_everything_says_nothing() -> None:
    assert order("food/testing/0_1.jpg", "food/testing/1_1.jpg") == [
        ("food/testing/0_1.jpg", 0),
        ("food/testing/1_1.jpg", 1),
    ]


def test_folders_are_classes_in_the_order_of_their_names() -> None:
    assert order("root/dog/b.png", "root/cat/10.png", "root/cat/9.png", "root/Zebra/x/1.png") == [
        ("root/Zebra/x/1.png", 0),
        ("root/cat/9.png", 1),
        ("root/cat/10.png", 1),
        ("root/dog/b.png", 2),
    ]


def test_folders_with_numbers_as_names_have_these_numbers() -> None:
    assert [number for _, number in order(*(f"{number}/a.jpg" for number in range(12)))] == list(range(12))


def test_names_are_mapped_in_the_order_that_is_given() -> None:
    assert order("Dessert/1.jpg", "Bread/1.jpg", classes=FOOD) == [("Bread/1.jpg", 0), ("Dessert/1.jpg", 2)]
    assert order("Dessert_1.jpg", "Bread_1.jpg", classes=FOOD) == [("Bread_1.jpg", 0), ("Dessert_1.jpg", 2)]


def test_a_class_without_a_picture_is_taken_where_the_classes_are_given() -> None:
    assert order("0_1.jpg", "2_1.jpg", classes=["0", "1", "2"]) == [("0_1.jpg", 0), ("2_1.jpg", 2)]


def test_letters_are_the_same_however_a_system_composes_them() -> None:
    names = ["crêpe/1.jpg", "crab/1.jpg", "crust/1.jpg"]
    decomposed = [unicodedata.normalize("NFD", name) for name in names]

    assert [number for _, number in order(*names)] == [number for _, number in order(*decomposed)] == [0, 1, 2]
    assert [unicodedata.normalize("NFC", path) for path, _ in order(*decomposed)] == [path for path, _ in order(*names)]


def test_what_systems_leave_behind_is_no_picture() -> None:
    left = ("._0_1.jpg", ".DS_Store", "__MACOSX/0_1.jpg", "a/.hidden/0_2.jpg", "Thumbs.db", "desktop.ini")

    assert order("0_1.jpg", "1_1.JPG", *left) == [("0_1.jpg", 0), ("1_1.JPG", 1)]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["0_1.jpg", "labels.csv", "a.txt"], "got 2 other files: 'a.txt', 'labels.csv'. Remove what is no picture."),
        ([], "set: expected pictures alone (.jpg .jpeg .png .bmp .webp), got no file. Name the pictures"),
        (["0_1.jpg", "cat/1.jpg"], "expected all pictures in folders, or none, got 1 beside folders ('0_1.jpg') and 1"),
        (["0_1.jpg", "cat.jpg", "1-2.jpg"], "expected names such as 3_17.jpg: the class, _ and a number, got 2 other"),
        (["0_1.jpg", "0_1.jpeg"], "got 2 of the same: '0_1.jpeg', '0_1.jpg'. Remove one of them"),
        (["0_1.jpg", "0_01.jpg"], "got 2 of the same"),
        (["0_1.jpg", "3_1.jpg"], "without a gap, got classes up to 3, and no picture of 1, 2. If that is right, say"),
        (["1/a.jpg", "2/a.jpg"], "got classes up to 2, and no picture of 0."),
        (["0_1.jpg", "999999_1.jpg"], "got classes up to 999,999, and no picture of 1, 2, 3, 4, 5"),
        (["0_1.jpg", "cat_1.jpg"], "expected numbers as classes, or names, got both: 0, cat. Say which is which"),
        (["training/0_1.jpg", "Evaluation/0_1.jpg"], "got what looks like the parts of a whole: Evaluation, training."),
    ],
)
def test_names_that_say_no_class_are_told_why(paths: list[str], message: str) -> None:
    assert message in refusal(*paths)


def test_a_class_that_is_not_among_those_given_is_named() -> None:
    assert (
        "set: expected the classes that --classes names: Bread, Dairy product, Dessert, got 2 others: Fish, Meat. Add"
        in refusal("Fish/1.jpg", "Meat/1.jpg", "Bread/1.jpg", classes=FOOD)
    )
    assert "expected each class once, got Bread again" in refusal("Bread_1.jpg", classes=[*FOOD, "Bread"])


def test_a_number_of_any_length_has_a_place() -> None:
    long = "0_" + "9" * 5_000 + ".jpg"

    assert order("1_1.jpg", long, "0_7.jpg") == [("0_7.jpg", 0), (long, 0), ("1_1.jpg", 1)]
