from django.db import migrations


def build(apps, schema_editor):
    """Where the database does not allow it, the migration goes on: a search is slower then, not wrong."""
    from groups import names

    try:
        names.build()
    except names.CannotIndex as error:
        print(f"\n  {error}")


class Migration(migrations.Migration):
    dependencies = [("groups", "0009_figures")]

    operations = [migrations.RunPython(build, migrations.RunPython.noop, elidable=True)]
