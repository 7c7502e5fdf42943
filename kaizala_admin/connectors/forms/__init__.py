"""What people type about connectors, checked."""

from .connector import ConnectorForm
from .tenant import TenantForm
from .wizards import PasteForm, PinForm

__all__ = ["ConnectorForm", "PasteForm", "PinForm", "TenantForm"]
