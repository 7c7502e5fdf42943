"""Lists of a million rows open as fast as lists of a hundred: nobody counts them to the end."""

from django.core.paginator import Paginator
from django.utils.formats import number_format
from django.utils.functional import cached_property

CAP = 10_000


def capped_text(count: int) -> str:
    """The count for people: "9,999", and "10,000+" for everything above the cap."""
    return (
        f"{number_format(CAP, force_grouping=True)}+"
        if count > CAP
        else number_format(count, force_grouping=True)
    )


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most 10,001 rows; whoever wants a row beyond narrows the list by search or filter."""

    template_name = "ui/pagination.html"

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not hasattr(rows, "order_by"):
            return min(len(rows), CAP + 1)
        return int(rows.order_by()[: CAP + 1].count())

    @property
    def is_capped(self) -> bool:
        return self.count > CAP
