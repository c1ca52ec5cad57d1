"""The shapes that the settings of several connectors share, and how they are checked."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from sendepause.campaigns.senders import gateway
from sendepause.errors import BadInput
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings

Value = bool | int | str  # a state as a system keeps it: a truth value, a number, a word


def _gateway(value: str) -> str:
    if not (url := gateway(value)):
        raise ValueError("is no base URL; write it like http://gateway:3000")
    return url


GatewayUrl = Annotated[str, AfterValidator(_gateway)]  # in the one spelling that is compared


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class States(Section):
    """What the values of the state column mean; every other value is unknown."""

    running: tuple[Value, ...] = Field(min_length=1)
    paused: tuple[Value, ...] = Field(min_length=1)
    done: tuple[Value, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> States:
        everything = [*self.running, *self.paused, *self.done]
        if len(set(everything)) < len(everything):
            raise ValueError("a value stands in two places, so it would mean two things")
        return self

    def read(self, value: object) -> CampaignState:
        """The state that a value means; UNKNOWN, never PAUSED, for what is not listed."""
        value = value.strip() if isinstance(value, str) else value  # CHAR columns come padded
        for state in (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.DONE):
            if value in getattr(self, state.value):
                return state
        return CampaignState.UNKNOWN


class GatewaySettings(Section):
    """What ``settings`` of a gateway hold: further base URLs by which tools call the same one."""

    known_as: tuple[GatewayUrl, ...] = ()


S = TypeVar("S", bound=Section)


def settings_of(shape: type[S], system: SystemSettings) -> S:
    """A connector's own settings, checked; BadInput tells every error with its field."""
    try:
        return shape.model_validate(system.settings)
    except ValidationError as error:
        found = [
            f"settings.{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}"
            for entry in error.errors(include_input=False, include_url=False)
        ]
        raise BadInput(
            f"The settings of the campaign system {system.id} cannot be used: {'; '.join(found)}.",
            f"docs/ lists what the connector {system.connector} takes.",
            place=f"campaign_systems.yaml: {system.id}",
        ) from None
