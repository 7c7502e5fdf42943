"""What people do with broadcasts: compose, check and confirm, watch, settle."""
