"""Reading what people give: sheets row by row, and phone numbers in any spelling."""
