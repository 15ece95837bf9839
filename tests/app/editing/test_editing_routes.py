"""A competition from the browser: begun, checked while it is written, saved as versions, opened and closed."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from models.competitions import Competition
from tests.app.world import FOLDER

Open = Callable[[str | None], TestClient]
DEMO = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
OURS = DEMO.replace("slug: demo", "slug: ours")
NEW = "/courses/ml/competitions"


def create(client: TestClient, source: str = OURS, **fields: str) -> Any:
    return client.post(NEW, data={"source": source, **fields})


def save(client: TestClient, source: str, slug: str = "ours", **fields: str | int) -> Any:
    return client.post(f"/competitions/{slug}/definition", data={"source": source, **fields})


def acts(records: Database) -> list[str]:
    with records.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_new_competition_is_a_draft_that_students_do_not_see(program: Open, records: Database) -> None:
    made = create(program("instructor"))

    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (
        201,
        "/competitions/ours/setup",
        '"1"',
    )
    assert program("ada").get("/competitions/ours").status_code == 404
    assert [each["slug"] for each in program("ada").get("/competitions").json()["items"]] == ["demo"]
    assert program("instructor").get("/competitions/ours").status_code == 200
    assert acts(records) == ["competition.create"]


def test_nothing_is_graded_before_there_is_a_test_set(program: Open) -> None:
    create(program("instructor"))

    answer = program("instructor").post("/submissions?competition=ours", content=b"\x89HDF\r\n\x1a\n")

    assert (answer.status_code, answer.json()["code"]) == (409, "dataset-missing")


def test_every_built_in_definition_begins_a_competition_under_a_free_slug(program: Open) -> None:
    client = program("instructor")
    for name in ("cmu-10605", "cs6886", "demo", "ntu-hw13"):
        source = client.get(f"{NEW}/new", params={"built_in": name}).json()["source"]

        first = create(client, source)
        again = client.get(f"{NEW}/new", params={"built_in": name}).json()["source"]

        assert first.json()["slug"] == f"ml-{name}"
        assert f"slug: ml-{name}-2" in again


def test_a_clone_keeps_the_network_that_its_original_meant(program: Open) -> None:
    client = program("instructor")
    source = client.get(f"{NEW}/new", params={"clone": "demo"}).json()["source"]

    made = create(client, source, clone="demo")

    assert made.json()["slug"] == "ml-demo"
    assert program("outsider").get("/competitions/ml-demo").status_code == 404


def test_a_definition_is_told_every_place_that_is_wrong(program: Open) -> None:
    source = OURS.replace("top: 5", "topp: 5").replace("classes: [t-shirt,", "classes: [")

    answer = program("instructor").post(f"{NEW}/validation", data={"source": source}).json()

    places = {(each["line"], each["column"]) for each in answer["findings"]}
    lines = source.splitlines()
    wrong = [next(number for number, line in enumerate(lines, 1) if part in line) for part in ("topp", "classes:")]
    assert answer["is_valid"] is False
    assert places == {(wrong[0], 5), (wrong[1], 3)}


def test_an_example_that_the_formula_does_not_give_is_a_remark_with_its_line(program: Open) -> None:
    source = OURS.replace("score: 0.575", "score: 0.5")

    answer = program("instructor").post(f"{NEW}/validation", data={"source": source}).json()

    [remark] = answer["remarks"]
    assert answer["is_valid"] is True
    assert "the score is 0.575, the example says 0.5" in remark["message"]
    assert "score: 0.5," in source.splitlines()[remark["line"] - 1]


def test_line_ends_of_a_browser_are_those_of_a_file(program: Open) -> None:
    client = program("instructor")
    create(client, OURS.replace("\n", "\r\n"))

    assert client.get("/competitions/ours/definition").json()["source"] == OURS


def test_what_cannot_be_saved_stays_in_the_editor(browser: Open, records: Database) -> None:
    page = browser("instructor").post(NEW, data={"source": OURS.replace("top: 5", "topp: 5")})

    assert page.status_code == 422
    assert "topp: 5" in page.text
    assert 'data-line="' in page.text
    with records.read() as session:
        assert len(session.scalars(select(Competition)).all()) == 1


def test_a_slug_that_is_taken_is_told_and_nothing_is_written(program: Open, records: Database) -> None:
    answer = create(program("instructor"), DEMO)

    assert (answer.status_code, answer.json()["code"]) == (409, "slug-taken")
    assert acts(records) == []


def test_a_slug_stays_what_it_is(program: Open) -> None:
    client = program("instructor")
    create(client)

    answer = save(client, DEMO.replace("slug: demo", "slug: theirs"), base=1)

    assert answer.status_code == 422
    assert "stays ours" in answer.json()["detail"]


def test_two_editors_do_not_overwrite_each_other(program: Open, browser: Open) -> None:
    client = program("instructor")
    create(client)
    first = save(client, OURS.replace("top: 5", "top: 3"), base=1)

    second = save(client, OURS.replace("top: 5", "top: 4"), base=1)
    page = browser("instructor").post(
        "/competitions/ours/definition", data={"source": OURS.replace("top: 5", "top: 4"), "base": 1}
    )

    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert (second.status_code, second.json()["code"], second.json()["current"]) == (412, "version-outdated", 2)
    assert page.status_code == 412
    assert 'name="base" value="2"' in page.text
    assert "-    top: 3" in page.text
    assert "+    top: 4" in page.text


def test_a_program_may_name_the_version_by_if_match(program: Open) -> None:
    client = program("instructor")
    create(client)
    changed = {"source": OURS.replace("top: 5", "top: 3")}
    path = "/competitions/ours/definition"

    without = client.post(path, data=changed)
    with_it = client.post(path, data=changed, headers={"If-Match": '"1"'})
    late = client.post(path, data=changed, headers={"If-Match": '"1"'})

    assert [each.status_code for each in (without, with_it, late)] == [422, 200, 412]


def test_versions_tell_who_saved_what(program: Open, records: Database) -> None:
    client = program("instructor")
    create(client)
    save(client, OURS.replace("top: 5", "top: 3"), base=1, reason="fewer bonuses")

    listed = client.get("/competitions/ours/versions").json()["items"]
    second = client.get("/competitions/ours/versions/2").json()

    assert [(each["number"], each["created_by"]) for each in listed] == [(2, "Instructor"), (1, "Instructor")]
    assert second["against"] == 1
    assert [line for line in second["lines"] if line[0] in "+-"][2:] == ["-    top: 5", "+    top: 3"]
    assert client.get("/competitions/ours/versions/3").status_code == 404
    assert acts(records) == ["competition.create", "competition.change"]


def test_saving_the_same_text_makes_no_version(program: Open) -> None:
    client = program("instructor")
    create(client)

    save(client, OURS, base=1)

    assert len(client.get("/competitions/ours/versions").json()["items"]) == 1


def test_only_instructors_edit(program: Open) -> None:
    for who, status in (("ada", 403), ("outsider", 404)):
        assert program(who).get(f"{NEW}/new").status_code == status
        assert create(program(who)).status_code == status
        assert program(who).get("/competitions/demo/definition").status_code == status
        assert program(who).get("/courses/ml/datasets").status_code == status


def test_every_page_can_be_read(browser: Open) -> None:
    client = browser("instructor")
    of_course = [f"{NEW}/new", f"{NEW}/new?built_in=demo", "/courses/ml/datasets", "/courses/ml/networks"]
    of_competition = [f"/competitions/demo/{part}" for part in ("definition", "versions", "versions/1", "setup")]

    for path in of_course + of_competition:
        page = client.get(path)
        assert page.status_code == 200, path
        assert page.text.count("<h1>") == 1, path
        assert "object at 0x" not in page.text, path


def test_the_schema_names_the_parts_of_a_definition(program: Open) -> None:
    schema = program(None).get("/competition-schema.json").json()

    assert schema["required"] == ["slug", "title", "summary", "grading", "course"]
    assert "score" in schema["$defs"]["Grading"]["required"]
    assert schema["additionalProperties"] is False


def test_a_fragment_of_findings_is_what_the_editor_is_sent(browser: Open) -> None:
    page = browser("instructor").post(f"{NEW}/validation", data={"source": "slug: [\n"})

    assert page.status_code == 200
    assert "<html" not in page.text
    assert "this is not YAML" in page.text
