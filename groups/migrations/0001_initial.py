# The mirror of who.

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('connectors', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Group',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                ('gone_at', models.DateTimeField(blank=True, null=True, verbose_name='gone since')),
                ('seen_run', models.PositiveBigIntegerField(default=0)),
                ('group_id', models.CharField(max_length=80, verbose_name='group ID')),
                ('name', models.CharField(max_length=300, verbose_name='name')),
                ('group_type', models.CharField(choices=[('Group', 'Group'), ('ConnectGroup', 'Public group')], default='Group', max_length=20, verbose_name='type')),
                ('image_url', models.TextField(blank=True, verbose_name='picture')),
                ('welcome_message', models.TextField(blank=True, verbose_name='welcome message')),
                ('has_sub_groups', models.BooleanField(default=False, verbose_name='has sub-groups')),
                ('member_count', models.PositiveIntegerField(default=0, verbose_name='members')),
                ('subscriber_count', models.PositiveIntegerField(default=0, verbose_name='subscribers')),
                ('unprovisioned_count', models.PositiveIntegerField(default=0, verbose_name='not registered')),
                ('remote_user_count', models.PositiveIntegerField(blank=True, null=True, verbose_name='people below, says Kaizala')),
                ('synced_at', models.DateTimeField(blank=True, null=True, verbose_name='last synced')),
                ('gone_reason', models.CharField(blank=True, max_length=200, verbose_name='why gone')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='connectors.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'group',
                'verbose_name_plural': 'groups',
                'ordering': ['name', 'id'],
                'permissions': [('sync_group', 'Can sync groups')],
                'indexes': [models.Index(fields=['gone_at', 'name', 'id'], name='group_name')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'group_id'), name='group_once_in_tenant')],
            },
        ),
        migrations.CreateModel(
            name='GroupLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                ('gone_at', models.DateTimeField(blank=True, null=True, verbose_name='gone since')),
                ('seen_run', models.PositiveBigIntegerField(default=0)),
                ('child', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parent_links', to='groups.group')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='child_links', to='groups.group')),
            ],
            options={
                'verbose_name': 'sub-group link',
                'verbose_name_plural': 'sub-group links',
                'constraints': [models.UniqueConstraint(fields=('parent', 'child'), name='link_once')],
            },
        ),
        migrations.AddField(
            model_name='group',
            name='sub_groups',
            field=models.ManyToManyField(related_name='parents', through='groups.GroupLink', to='groups.group', verbose_name='sub-groups'),
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                ('gone_at', models.DateTimeField(blank=True, null=True, verbose_name='gone since')),
                ('seen_run', models.PositiveBigIntegerField(default=0)),
                ('person_id', models.CharField(max_length=80, verbose_name='user ID')),
                ('mobile_number', models.CharField(blank=True, max_length=20, verbose_name='mobile number')),
                ('name', models.CharField(blank=True, max_length=300, verbose_name='name')),
                ('profile_pic', models.TextField(blank=True, verbose_name='picture')),
                ('is_provisioned', models.BooleanField(default=False, verbose_name='registered')),
                ('role', models.CharField(choices=[('Admin', 'Admin'), ('Member', 'Member')], default='Member', max_length=10, verbose_name='role')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='groups.group', verbose_name='group')),
            ],
            options={
                'verbose_name': 'member',
                'verbose_name_plural': 'members',
                'indexes': [
                    models.Index(fields=['group', 'gone_at', 'id'], name='member_group'),
                    models.Index(fields=['mobile_number'], name='member_mobile'),
                    models.Index(fields=['group', 'mobile_number'], name='member_group_mobile'),
                    models.Index(condition=models.Q(('gone_at__isnull', True), ('is_provisioned', False)), fields=['group', 'gone_at', 'id'], name='member_unregistered'),
                    models.Index(condition=models.Q(('gone_at__isnull', False)), fields=['id'], name='member_gone'),
                ],
                'constraints': [models.UniqueConstraint(fields=('group', 'person_id'), name='member_once_in_group')],
            },
        ),
        migrations.CreateModel(
            name='Reach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                ('gone_at', models.DateTimeField(blank=True, null=True, verbose_name='gone since')),
                ('seen_run', models.PositiveBigIntegerField(default=0)),
                ('role', models.CharField(blank=True, max_length=10, verbose_name='role')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reaches', to='connectors.grant')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reaches', to='groups.group')),
            ],
            options={
                'verbose_name': 'reach',
                'verbose_name_plural': 'reaches',
                'constraints': [models.UniqueConstraint(fields=('grant', 'group'), name='reach_once')],
            },
        ),
        migrations.CreateModel(
            name='Subscriber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                ('gone_at', models.DateTimeField(blank=True, null=True, verbose_name='gone since')),
                ('seen_run', models.PositiveBigIntegerField(default=0)),
                ('person_id', models.CharField(max_length=80, verbose_name='user ID')),
                ('mobile_number', models.CharField(blank=True, max_length=20, verbose_name='mobile number')),
                ('name', models.CharField(blank=True, max_length=300, verbose_name='name')),
                ('profile_pic', models.TextField(blank=True, verbose_name='picture')),
                ('is_provisioned', models.BooleanField(default=False, verbose_name='registered')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subscribers', to='groups.group', verbose_name='group')),
            ],
            options={
                'verbose_name': 'subscriber',
                'verbose_name_plural': 'subscribers',
                'indexes': [
                    models.Index(fields=['group', 'gone_at', 'id'], name='subscriber_group'),
                    models.Index(fields=['mobile_number'], name='subscriber_mobile'),
                    models.Index(fields=['group', 'mobile_number'], name='subscriber_group_mobile'),
                    models.Index(condition=models.Q(('gone_at__isnull', True), ('is_provisioned', False)), fields=['group', 'gone_at', 'id'], name='subscriber_unregistered'),
                    models.Index(condition=models.Q(('gone_at__isnull', False)), fields=['id'], name='subscriber_gone'),
                ],
                'constraints': [models.UniqueConstraint(fields=('group', 'person_id'), name='subscriber_once_in_group')],
            },
        ),
        migrations.CreateModel(
            name='SyncRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.PositiveSmallIntegerField(choices=[(10, 'Somebody is waiting'), (20, 'Broadcast'), (30, 'Repair'), (40, 'Background sync')], default=20, verbose_name='lane')),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('unknown', 'Unknown')], default='queued', max_length=10, verbose_name='state')),
                ('held', models.BooleanField(default=False, verbose_name='paused')),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now, verbose_name='not before')),
                ('permits', models.PositiveIntegerField(default=0, verbose_name='calls allowed now')),
                ('permits_until', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('claim', models.PositiveIntegerField(default=0)),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('reason', models.CharField(blank=True, db_index=True, max_length=60, verbose_name='reason')),
                ('detail', models.CharField(blank=True, max_length=1000, verbose_name='detail')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='queued at')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled at')),
                ('kind', models.CharField(choices=[('directory', 'Groups of a grant'), ('group', 'One group')], max_length=10, verbose_name='what')),
                ('stage', models.CharField(blank=True, max_length=20, verbose_name='stage')),
                ('cursor', models.TextField(blank=True)),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                ('pages', models.PositiveIntegerField(default=0, verbose_name='pages')),
                ('expected_pages', models.PositiveIntegerField(default=1, verbose_name='pages expected')),
                ('seen', models.PositiveIntegerField(default=0, verbose_name='seen')),
                ('created', models.PositiveIntegerField(default=0, verbose_name='new')),
                ('changed', models.PositiveIntegerField(default=0, verbose_name='changed')),
                ('gone', models.PositiveIntegerField(default=0, verbose_name='gone')),
                ('allow_gone', models.BooleanField(default=False)),
                ('stop_asked', models.BooleanField(default=False)),
                ('connector', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connectors.connector', verbose_name='connector')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connectors.grant', verbose_name='grant')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sync_runs', to='groups.group', verbose_name='group')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='children', to='groups.syncrun')),
            ],
            options={
                'verbose_name': 'sync run',
                'verbose_name_plural': 'sync runs',
                'ordering': ['-id'],
                'abstract': False,
                'indexes': [
                    models.Index(condition=models.Q(('held', False), ('state', 'queued')), fields=['connector', 'lane', 'not_before', 'id'], name='syncrun_due'),
                    models.Index(condition=models.Q(('permits__gt', 0), ('state', 'queued')), fields=['connector', 'permits_until'], name='syncrun_granted'),
                    models.Index(condition=models.Q(('state', 'sending')), fields=['lease_until'], name='syncrun_sending'),
                    models.Index(fields=['state', '-id'], name='syncrun_state'),
                    models.Index(fields=['group', '-id'], name='syncrun_group_latest'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'sending'])), fields=('group',), name='one_sync_a_group'),
                    models.UniqueConstraint(condition=models.Q(('kind', 'directory'), ('state__in', ['queued', 'sending'])), fields=('grant',), name='one_directory_sync_a_grant'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SyncPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cursor', models.CharField(max_length=32)),
                ('content', models.CharField(max_length=32)),
                ('ids', models.BinaryField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='page_set', to='groups.syncrun')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('run', 'cursor'), name='sync_cursor_once'),
                    models.UniqueConstraint(fields=('run', 'content'), name='sync_content_once'),
                ],
            },
        ),
    ]
