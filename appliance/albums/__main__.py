"""python -m appliance.albums"""

from appliance.albums.allocator import return_memory_early
from appliance.albums.service import AlbumsService
from appliance.service.process import run

if __name__ == "__main__":
    return_memory_early()
    run(AlbumsService())
