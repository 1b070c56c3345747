"""python -m appliance.camera"""

from appliance.camera.service import CameraService
from appliance.service.process import run

if __name__ == "__main__":
    run(CameraService())
