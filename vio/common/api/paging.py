"""Lists come in pages of at most 200."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from pydantic import Field

from vio.common.api.schemas import Input, Output

Item = TypeVar("Item", bound=Output)
Row = TypeVar("Row")
Stored = TypeVar("Stored", bound=Model)
MOST = 200


class Paging(Input):
    """Which part of a list: `limit` rows after the first `offset`."""

    limit: int = Field(50, ge=1, le=MOST)
    offset: int = Field(0, ge=0, le=1_000_000)


class Page(Output, Generic[Item]):
    """A part of a list. `next_offset` is null on the last page."""

    items: list[Item]
    total: int
    limit: int
    offset: int
    next_offset: int | None


def page_of(
    kind: type[Page[Item]], rows: QuerySet[Stored], paging: Paging, shape: Callable[[Stored], Item]
) -> Page[Item]:
    """One page of stored rows; the rows must be in a definite order."""
    total = rows.count()
    return _page(kind, list(rows[paging.offset : paging.offset + paging.limit]), total, paging, shape)


def page_of_list(
    kind: type[Page[Item]], rows: Sequence[Row], paging: Paging, shape: Callable[[Row], Item]
) -> Page[Item]:
    """One page of a list that a selector made."""
    part = rows[paging.offset : paging.offset + paging.limit]
    return _page(kind, part, len(rows), paging, shape)


def _page(
    kind: type[Page[Item]], part: Sequence[Row], total: int, paging: Paging, shape: Callable[[Row], Item]
) -> Page[Item]:
    end = paging.offset + len(part)
    return kind(
        items=[shape(row) for row in part],
        total=total,
        limit=paging.limit,
        offset=paging.offset,
        next_offset=end if part and end < total else None,
    )
