"""Which row classes exist: every concrete `OutboxRow` that an app brought along."""

from django.apps import apps

from .models import OutboxRow


def row_classes() -> list[type[OutboxRow]]:
    """Every concrete subclass, in the order of the installed apps."""
    return [model for model in apps.get_models() if issubclass(model, OutboxRow)]


def label(row_class: type[OutboxRow]) -> str:
    """The name an Attempt keeps: "messaging.dispatch"."""
    return row_class._meta.label_lower


def relations(row_class: type[OutboxRow]) -> list[str]:
    """Its foreign keys, to be selected where titles are shown: a title names what the row points at."""
    return [field.name for field in row_class._meta.concrete_fields if field.many_to_one]


def by_label(name: str) -> type[OutboxRow]:
    """The class behind a label. Raises LookupError for a name that is no row class."""
    for row_class in row_classes():
        if label(row_class) == name:
            return row_class
    raise LookupError(name)
