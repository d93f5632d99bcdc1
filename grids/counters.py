"""How often something was asked of late, counted in Redis by one command, and never in the way of who asks."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from hashlib import sha1

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, NoScriptError, RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

TAKE = """
    local clock = redis.call('TIME')
    local now = clock[1] + clock[2] / 1000000
    local most, seconds = tonumber(ARGV[1]), tonumber(ARGV[2])
    local oldest = redis.call('LINDEX', KEYS[1], -1)
    while oldest and tonumber(oldest) <= now - seconds do
        redis.call('RPOP', KEYS[1])
        oldest = redis.call('LINDEX', KEYS[1], -1)
    end
    if redis.call('LLEN', KEYS[1]) >= most then
        return tostring(oldest and tonumber(oldest) + seconds - now or seconds)
    end
    redis.call('LPUSH', KEYS[1], string.format('%.6f', now))
    redis.call('EXPIRE', KEYS[1], seconds)
    return false
"""
"""A list of the moments of the last `seconds`, the newest first; one more, where there are fewer than `most`."""
TAKE_NAME = sha1(TAKE.encode()).hexdigest()  # noqa: S324  the name that Redis gives a script

PATIENCE_SECONDS = 0.5
"""How long one command may take."""
REST_SECONDS = 5.0
"""So long nothing is counted after Redis has failed: who waited for it once need not wait with each request."""

_away_until = float("-inf")


def take(name: str, most: int, seconds: int) -> float | None:
    """Counts one request under a name. None: it is one of at most `most` within the last `seconds`; else it is not
    counted, and there is room again after so many seconds.

    Where Redis does not answer, nothing is counted: whoever has something to say is heard, also then.
    """
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        answer = _take(_server(settings.REDIS_URL), f"govgrid:count:{name}", most, seconds)
    except RedisError:
        logger.warning("requests are not counted: Redis does not answer", exc_info=True)
        _away_until = time.monotonic() + REST_SECONDS
        return None
    return None if answer is None else float(answer)


def full(name: str, most: int, seconds: int) -> bool:
    """Whether `take` would find no room now; counts nothing. Where Redis does not answer, there is room."""
    global _away_until
    if time.monotonic() < _away_until:
        return False
    try:
        eldest: object = _server(settings.REDIS_URL).lindex(f"govgrid:count:{name}", most - 1)
    except RedisError:
        logger.warning("requests are not counted: Redis does not answer", exc_info=True)
        _away_until = time.monotonic() + REST_SECONDS
        return False
    return isinstance(eldest, bytes) and float(eldest) > time.time() - seconds


def _take(server: Redis, *said: str | int) -> bytes | None:
    try:
        answer: bytes | None = server.evalsha(TAKE_NAME, 1, *said)
    except NoScriptError:
        answer = server.eval(TAKE, 1, *said)
    return answer


@lru_cache(maxsize=1)
def _server(url: str) -> Redis:
    # Tried again once, at once: Redis may have closed a connection that rested. A time that is over is not waited twice
    retry = Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))
    server: Redis = Redis.from_url(
        url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS, retry=retry
    )
    return server
