"""Which row classes exist: every concrete `OutboxRow` that an app brought along."""

from django.apps import apps

from .models import OutboxRow


def row_classes() -> list[type[OutboxRow]]:
    """Every concrete subclass, in the order of the installed apps."""
    return [model for model in apps.get_models() if issubclass(model, OutboxRow)]


def label(row_class: type[OutboxRow]) -> str:
    """The name an Attempt keeps: "messaging.dispatch"."""
    return row_class._meta.label_lower


def by_label(name: str) -> type[OutboxRow]:
    """The class behind a label. Raises LookupError for a name that is no row class."""
    for row_class in row_classes():
        if label(row_class) == name:
            return row_class
    raise LookupError(name)
