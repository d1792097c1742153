"""What may be spent on models, and how long answers serve: plain values, as they are configured."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Budget(BaseModel):
    """What may be spent; 0 is no limit. Days are UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_tokens: int = Field(default=0, ge=0)
    """Prompt and completion tokens of one run together."""
    day_tokens: int = Field(default=0, ge=0)
    run_cost: float = Field(default=0.0, ge=0)
    """In `currency`; a profile without a price in it is then not asked."""
    day_cost: float = Field(default=0.0, ge=0)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")

    @property
    def in_money(self) -> bool:
        return self.run_cost > 0 or self.day_cost > 0

    @property
    def limited(self) -> bool:
        return self.in_money or self.run_tokens > 0 or self.day_tokens > 0


class CachePolicy(BaseModel):
    """How long answers serve, and how many are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(default=3_600.0, ge=0)
    """0 turns the cache off."""
    entries: int = Field(default=500, ge=1)
    """The oldest go first."""
