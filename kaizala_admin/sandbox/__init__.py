"""A stand-in for the Kaizala service, with state: `python -m kaizala_admin.sandbox` (design, section 4)."""
