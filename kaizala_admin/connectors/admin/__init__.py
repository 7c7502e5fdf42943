"""The admin's rooms for tenants, connectors, grants and the API call log."""

from .api_call import ApiCallAdmin
from .connector import ConnectorAdmin
from .grant import GrantAdmin
from .tenant import TenantAdmin

__all__ = ["ApiCallAdmin", "ConnectorAdmin", "GrantAdmin", "TenantAdmin"]
