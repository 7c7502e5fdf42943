"""What can be sent, one frozen dataclass a kind. Each checks the contract's limits when it is made."""

from .announcement import Announcement
from .base import Action, Json, Place, Response
from .custom import PROPERTY_TYPES, ActionProperty, CustomAction
from .job import Job
from .letsmeet import LetsMeet
from .media import MEDIA_TYPES, Media, MediaFile
from .message import TextMessage
from .poll import Poll, PollChoice
from .responses import ActionResponse, Answer, JobResponse, SurveyResponse
from .survey import QUESTION_TYPES, VISIBILITIES, Question, Survey
from .webhook import EVENT_TYPES, OBJECT_TYPES, WebhookChanges, WebhookSubscription

__all__ = [
    "EVENT_TYPES",
    "MEDIA_TYPES",
    "OBJECT_TYPES",
    "PROPERTY_TYPES",
    "QUESTION_TYPES",
    "VISIBILITIES",
    "Action",
    "ActionProperty",
    "ActionResponse",
    "Announcement",
    "Answer",
    "CustomAction",
    "Job",
    "JobResponse",
    "Json",
    "LetsMeet",
    "Media",
    "MediaFile",
    "Place",
    "Poll",
    "PollChoice",
    "Question",
    "Response",
    "Survey",
    "SurveyResponse",
    "TextMessage",
    "WebhookChanges",
    "WebhookSubscription",
]
