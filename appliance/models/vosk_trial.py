"""`python -m appliance.models.vosk_trial FOLDER`: loads a model and says what words it knows.

Words come as a JSON list on standard input, findings go as a JSON object to standard output. A
program of its own, since a damaged graph ends the process that loads it.
"""

import json
import sys
from pathlib import Path

from appliance.models.errors import ModelDamaged
from appliance.models.runtimes.vosk import UNKNOWN, VoskModel, read_vocabulary, short_words, spell


def main() -> None:
    folder = Path(sys.argv[1])
    words = json.load(sys.stdin)
    try:
        vocabulary = read_vocabulary(folder.name, folder, "")
        model = VoskModel(folder.name, folder, "")
        model.open(16_000, short_words(vocabulary), 1).hear(bytes(32_000))
    except ModelDamaged as error:
        found: dict[str, object] = {"problem": error.problem}
    else:
        found = {
            "unknown": model.knows(UNKNOWN),
            "words": len(vocabulary),
            "missing": [word for word in words if spell(word, model) is None],
        }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
