"""Whether an endpoint can be reached with its key: one request that costs nothing."""

from __future__ import annotations

import httpx2
from pydantic import SecretStr

from kubetriage.adapters.failing import cause_of
from kubetriage.adapters.model.profile import ModelProfile

SECONDS = 5.0


async def reached(profile: ModelProfile, key: SecretStr | None) -> str:
    """A few words: ok, or what is wrong. The list of models is asked for, which not every endpoint has."""
    headers = {"Authorization": f"Bearer {key.get_secret_value().strip()}"} if key else {}
    try:
        async with httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False) as http:
            answered = await http.get(f"{profile.base_url}/models", headers=headers)
            names = _names(answered)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"NOT REACHABLE ({cause_of(error)})"
    except UnicodeEncodeError:  # the error's own words would hold the key
        return f"NO KEY, {profile.key_env} holds characters that no key has"
    if answered.status_code in (401, 403):
        return f"KEY NOT ACCEPTED ({answered.status_code})"
    if answered.status_code >= 500:
        return f"NOT WORKING ({answered.status_code})"
    if names and profile.model not in names:
        return f"reachable, but {profile.model} is not among its {len(names)} models"
    return "ok" if names else "reachable"


def _names(answered: httpx2.Response) -> list[str]:
    """Ids of the models that the endpoint lists; none if it lists none."""
    try:
        body = answered.json() if answered.status_code == 200 else {}
    except ValueError:
        return []
    data = body.get("data") if isinstance(body, dict) else None
    return [str(each.get("id")) for each in data if isinstance(each, dict)] if isinstance(data, list) else []
