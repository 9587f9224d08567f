"""Section: what every section of a spec is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the spec: no unknown keys, values checked on assignment."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)
