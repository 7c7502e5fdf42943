"""Who came back and when; and how many of those who are not registered are members."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Count, Q


def count_members(apps, schema_editor):
    """The next sync of a group would count them as well; until then its page would say none."""
    groups, members = apps.get_model("groups", "Group"), apps.get_model("groups", "Member")
    unregistered = Q(gone_at__isnull=True, is_provisioned=False)
    found = members.objects.filter(unregistered).order_by().values_list("group").annotate(count=Count("pk"))
    rows = [groups(pk=group, unprovisioned_members=count) for group, count in found]
    groups.objects.bulk_update(rows, ["unprovisioned_members"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('groups', '0013_import_kinds'),
    ]

    operations = [
        migrations.AddField(
            model_name='member',
            name='back_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='back since'),
        ),
        migrations.AddField(
            model_name='subscriber',
            name='back_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='back since'),
        ),
        migrations.AddField(
            model_name='group',
            name='unprovisioned_members',
            field=models.PositiveIntegerField(default=0, verbose_name='members not registered'),
        ),
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('members_joined', models.PositiveIntegerField(default=0, verbose_name='members joined')),
                ('members_left', models.PositiveIntegerField(default=0, verbose_name='members left')),
                ('subscribers_joined', models.PositiveIntegerField(default=0, verbose_name='subscribers joined')),
                ('subscribers_left', models.PositiveIntegerField(default=0, verbose_name='subscribers left')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='groups.group', verbose_name='group')),
            ],
            options={
                'verbose_name': 'return',
                'verbose_name_plural': 'returns',
                'indexes': [models.Index(fields=['day'], name='return_day'), models.Index(fields=['group'], name='return_group')],
            },
        ),
        migrations.RunPython(count_members, migrations.RunPython.noop),
    ]
