"""Personal text: placeholders, the values for them, and what each person gets."""
