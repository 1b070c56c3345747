"""python -m appliance.voice"""

from appliance.service.process import run
from appliance.voice.service import VoiceService

if __name__ == "__main__":
    run(VoiceService())
