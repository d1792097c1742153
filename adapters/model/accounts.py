"""Booking calls: nothing but a budget stops one."""

from __future__ import annotations

import asyncio
import sqlite3

from kubetriage.adapters.model import notes
from kubetriage.adapters.model.ledger import Ledger, Reserve, Used
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.domain.errors import BudgetExceeded, ModelMisconfigured
from kubetriage.domain.language import Text

NO_ENTRY = 0


class Accounts:
    """Writes calls into a ledger. Without budgets a ledger that cannot be written to is only noted."""

    def __init__(self, ledger: Ledger | None) -> None:
        self._ledger = ledger

    async def reserve(self, run: str, profile: ModelProfile, most: Used, said: list[Text]) -> int:
        """Write a call down with the most that it can take; raises `BudgetExceeded`."""
        if self._ledger is None:
            return NO_ENTRY
        self._check_price(self._ledger, profile)
        price = profile.price
        cost = price.of(*most) if price else None
        currency = price.currency if price else ""
        wanted = Reserve(run, profile.name, most.prompt, most.completion, cost, currency)
        try:
            return await asyncio.to_thread(self._ledger.reserve, wanted)
        except (sqlite3.Error, OSError) as error:
            if self._ledger.budget.limited:
                raise ModelMisconfigured(
                    f"A budget is set, and {self._ledger.path} cannot be written to ({error});"
                    " no model was asked."
                ) from None
            note = notes.not_recorded(str(error))
            if note not in said:
                said.append(note)
            return NO_ENTRY

    async def settle(self, entry: int, profile: ModelProfile, used: Used) -> None:
        """What the call has really cost."""
        if self._ledger is None or entry == NO_ENTRY:
            return
        cost = profile.price.of(*used) if profile.price else None
        try:
            await asyncio.to_thread(self._ledger.settle, entry, used, cost)
        except (sqlite3.Error, OSError):
            return  # the reserve, which is more, stays for an hour

    async def release(self, entry: int) -> None:
        """The call has cost nothing."""
        if self._ledger is None or entry == NO_ENTRY:
            return
        try:
            await asyncio.to_thread(self._ledger.release, entry)
        except (sqlite3.Error, OSError):
            return

    def _check_price(self, ledger: Ledger, profile: ModelProfile) -> None:
        budget, price = ledger.budget, profile.price
        free = price is not None and not price.prompt and not price.completion
        if budget.in_money and not free and (price is None or price.currency != budget.currency):
            raise BudgetExceeded(
                f"A budget in {budget.currency} is set, and {profile.name} has no price in it:"
                f" set models.{profile.name}.price (0 for a server of your own). No model was asked."
            )
