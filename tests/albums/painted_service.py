"""python -m tests.albums.painted_service: the albums process with painted faces for models."""

from appliance.albums import albums
from appliance.albums.service import AlbumsService
from appliance.service.process import run
from tests.albums.painted import PaintedFaces

if __name__ == "__main__":
    albums.FaceModels = lambda *_, **__: PaintedFaces()  # type: ignore[assignment, attr-defined]
    run(AlbumsService())
