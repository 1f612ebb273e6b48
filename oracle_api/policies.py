"""Rate limits as a setting writes them."""

from limits import RateLimitItem, parse_many

Policies = tuple[RateLimitItem, ...]


def parse_policies(text: str) -> Policies:
    """Read limits such as ``600/minute`` or ``20/second; 600/minute``.

    Raises:
        ValueError: they cannot be understood, allow nothing, or name a window twice.
    """
    try:
        policies = tuple(parse_many(text))
    except ValueError:
        raise ValueError(
            "must be such as 600/minute, or several with a semicolon between"
        ) from None
    if not all(policy.amount for policy in policies):
        raise ValueError("must allow at least one request")
    if len({policy_name(policy) for policy in policies}) < len(policies):
        raise ValueError("names a window twice")
    return policies


def policy_name(policy: RateLimitItem) -> str:
    """Name a policy after its window, such as ``minute`` or ``5-minute``."""
    unit = policy.GRANULARITY.name
    return unit if policy.multiples == 1 else f"{policy.multiples}-{unit}"
