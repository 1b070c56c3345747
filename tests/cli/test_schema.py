"""`appliance schema`."""

import json

import pytest

from appliance.bus.schema import document
from appliance.cli.main import main


def test_schema_prints_the_document_of_this_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == document(printed["info"]["version"])
