"""The students' package, for pip."""

from fastapi import APIRouter
from starlette.responses import Response

from app.client_wheel import building
from app.errors import NotFound

router = APIRouter(include_in_schema=False)


@router.get("/client/{name}", operation_id="downloadClient")
def download(name: str) -> Response:
    """The wheel of this release, under its own name alone: pip reads the version there."""
    if name != building.name():
        raise NotFound(f"The package of this release is {building.name()}.")
    return Response(building.wheel(), media_type="application/zip", headers={"Cache-Control": "public, max-age=3600"})
