"""The double that other tests rely on keeps the contract too."""

from __future__ import annotations

import pytest
from tests.campaigns.contract import Contract
from tests.campaigns.grounds import MemoryGround


class TestMemory(Contract):
    @pytest.fixture
    def ground(self) -> MemoryGround:
        return MemoryGround()
