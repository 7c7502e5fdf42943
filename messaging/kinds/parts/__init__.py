"""What the kinds are made of: fields that say what is wrong where it is wrong, and the card on a phone."""
