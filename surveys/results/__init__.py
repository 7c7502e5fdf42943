"""What the answers come to: totals kept up to date, drawn so that staff look instead of read."""
