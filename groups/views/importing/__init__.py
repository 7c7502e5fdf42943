"""The pages of imports: upload, columns, check, progress, history. Each checks its permission."""

from django.urls import URLPattern, path

from . import rejected, starting, verbs, watching


def urls() -> list[URLPattern]:
    """Their addresses, below those of the imports."""
    return [
        path("new/", starting.Upload.as_view(), name="groups_importrun_new"),
        path("new/sample-<slug:kind>.csv", starting.Sample.as_view(), name="groups_importrun_sample"),
        path("<int:pk>/", watching.Import.as_view(), name="groups_importrun_show"),
        path("<int:pk>/columns/", starting.Columns.as_view(), name="groups_importrun_columns"),
        path("<int:pk>/rejected.csv", rejected.Rejected.as_view(), name="groups_importrun_rejected"),
        path("<int:pk>/undo/", starting.TakeBack.as_view(), name="groups_importrun_undo"),
        *[
            path(
                f"<int:pk>/{verb}/",
                verbs.Do.as_view(),
                {"verb": verb},
                name=f"groups_importrun_{verb}",
            )
            for verb in verbs.VERBS
        ],
    ]
