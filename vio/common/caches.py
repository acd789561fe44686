"""The cache: rate-limit counters only. When Redis is gone, a request goes on without it (section 5 of the bar)."""

from __future__ import annotations

from typing import Any

import redis.exceptions
from django.core.cache.backends.redis import RedisCache

from vio.common.logs import log

_log = log(__name__)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache that answers "not there" instead of failing when Redis is down."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default` when absent or when Redis does not answer."""
        try:
            return super().get(key, default, version)
        except redis.exceptions.RedisError:
            _log.warning("cache.unavailable", act="get")
            return default

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        """Stores the value if Redis answers."""
        try:
            super().set(key, value, timeout, version)
        except redis.exceptions.RedisError:
            _log.warning("cache.unavailable", act="set")

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """Stores the value if absent; True when Redis does not answer, so that nobody is locked out."""
        try:
            return bool(super().add(key, value, timeout, version))
        except redis.exceptions.RedisError:
            _log.warning("cache.unavailable", act="add")
            return True

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Counts up; 1 when Redis does not answer."""
        try:
            return int(super().incr(key, delta, version))
        except redis.exceptions.RedisError:
            _log.warning("cache.unavailable", act="incr")
            return 1

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Removes the value if Redis answers."""
        try:
            return bool(super().delete(key, version))
        except redis.exceptions.RedisError:
            _log.warning("cache.unavailable", act="delete")
            return False
