"""The journeys' fixtures: Govi as it is served, against the stand-in Bot API, in a hurry."""

from tests.journeys.conftest import (  # noqa: F401 - fixtures are found by their names here
    api,
    farmer,
    govi,
    later_type_of_retry_after,
    neighbour,
    no_scheduled_work,
    short_pauses,
)
