"""What stands in the audit log is told in words that can be translated."""

import ast
from pathlib import Path

from messaging import services
from messaging.trail_words import DID

OF_OTHERS = {"do not contact", "contact again"}  # of a tenant, and of a number


def test_every_verb_that_a_service_notes_has_its_words() -> None:
    noted = set()
    for path in Path(str(services.__file__)).parents[1].rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "trail.note":
                noted |= {one.value for one in call.args[2:3] if isinstance(one, ast.Constant)}
    assert len(noted) > 20
    assert noted - OF_OTHERS - set(DID) == set()
