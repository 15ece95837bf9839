"""Pages of something that has to be made first."""

from playwright.sync_api import FilePayload

from tests.browser.conftest import Visitor

ROSTER: FilePayload = {
    "name": "roster.csv",
    "mimeType": "text/csv",
    "buffer": b"Name,Email\nNew Student,new@example.org\nNobody,\n",
}


def made(visitor: Visitor) -> list[str]:
    """The addresses of a roster and a rejudge, made by staff."""
    origin = {"Origin": visitor.site.url, "Accept": "application/json"}
    asked = visitor.page.request
    roster = asked.post(f"{visitor.site.url}/courses/demo/rosters", multipart={"file": ROSTER}, headers=origin)
    form: dict[str, str | float | bool] = {"reason": "A second look.", "kind": "rescore"}
    rejudge = asked.post(f"{visitor.site.url}/competitions/demo/rejudges", form=form, headers=origin)
    assert (roster.status, rejudge.status) == (201, 202), (roster.text(), rejudge.text())
    return [f"/courses/demo/rosters/{roster.json()['id']}", rejudge.json()["url"]]
