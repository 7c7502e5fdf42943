from django.db import migrations


def build(apps, schema_editor):
    """SQLite's index of before knew no words; where the database allows none, a search is slower, not wrong."""
    from groups import names

    try:
        names.build()
    except names.CannotIndex as error:
        print(f"\n  {error}")


class Migration(migrations.Migration):
    dependencies = [("groups", "0014_returns")]

    operations = [migrations.RunPython(build, migrations.RunPython.noop, elidable=True)]
