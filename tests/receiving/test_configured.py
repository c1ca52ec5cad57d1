"""A source that Meta itself is: where it lies is nobody's to say, and there is one of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.stages.company import configuration_of

from sendepause import configuration
from sendepause.configuration import BadConfiguration
from sendepause.settings import SourceSettings


@pytest.mark.parametrize("place", [{"location": "inbox"}, {"query": "SELECT 1", "connection": "crm"}])
def test_it_has_neither_location_nor_query(place: dict[str, str]) -> None:
    SourceSettings.model_validate({"id": "meta", "kind": "cloud_api_receiver"})
    with pytest.raises(ValidationError, match="Meta sends it"):
        SourceSettings.model_validate({"id": "meta", "kind": "cloud_api_receiver", **place})


def test_every_other_kind_still_needs_one() -> None:
    with pytest.raises(ValidationError):
        SourceSettings.model_validate({"id": "meta", "kind": "cloud_api_webhook"})


def test_a_second_one_is_refused_since_one_takes_all_calls() -> None:
    content: dict[str, Any] = {}
    for part in configuration_of().values():
        content |= part
    kind = "cloud_api_receiver"
    content["sources"] = [{"id": "meta", "kind": kind}]
    configuration.check(content)
    with pytest.raises(BadConfiguration, match="stands here a second time"):
        configuration.check(content | {"sources": [{"id": id, "kind": kind} for id in ("meta", "again")]})
