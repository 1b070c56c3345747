"""`python -m appliance.albums`"""

from appliance.albums.service import AlbumsService
from appliance.service.process import run

if __name__ == "__main__":
    run(AlbumsService())
