"""`python -m appliance.web`"""

from appliance.service.process import run
from appliance.web.service import Web

if __name__ == "__main__":
    run(Web())
