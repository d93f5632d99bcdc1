"""The words of a case, as `docs/glossary.md` explains them: one enumeration for each closed list."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Status(TextChoices):
    SUBMITTED = "submitted", _("submitted, to be accepted")
    ACCEPTED = "accepted", _("accepted, to be dispatched")
    DISPATCHED = "dispatched", _("dispatched, to be signed")
    HANDLING = "handling", _("in handling")
    SUSPENDED = "suspended", _("suspended")
    REVIEW = "review", _("to be checked")
    FEEDBACK = "feedback", _("to be rated")
    CLOSED = "closed", _("closed")
    REJECTED = "rejected", _("rejected")
    MERGED = "merged", _("merged")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN = (
    Status.SUBMITTED,
    Status.ACCEPTED,
    Status.DISPATCHED,
    Status.HANDLING,
    Status.SUSPENDED,
    Status.REVIEW,
    Status.FEEDBACK,
)


class Channel(TextChoices):
    APP = "app", _("app")
    WECHAT = "wechat", _("WeChat")
    HOTLINE = "hotline", _("hotline 12345")
    ONLINE_BOARD = "online_board", _("online message board")
    MAILBOX = "mailbox", _("leader's mailbox")
    INTAKE_POINT = "intake_point", _("intake point")
    BOX = "box", _("speak-up box")
    RECEPTION = "reception", _("reception day")
    VISIT = "visit", _("visit")
    PATROL = "patrol", _("patrol by a grid worker")
    MEDIA = "media", _("media")


class Urgency(TextChoices):
    EMERGENCY = "emergency", _("life at risk")
    URGENT = "urgent", _("water, power, heating or gas")
    CONSULTATION = "consultation", _("consultation")
    ORDINARY = "ordinary", _("ordinary")


class Focus(TextChoices):
    EMPLOYMENT = "employment", _("employment")
    EDUCATION = "education", _("education")
    SOCIAL_SECURITY = "social_security", _("social security")
    MEDICAL = "medical", _("medical care")
    HOUSING = "housing", _("housing")
    ELDERLY_CARE = "elderly_care", _("care of the elderly")
    FOOD_SAFETY = "food_safety", _("food safety")
    PUBLIC_SECURITY = "public_security", _("public security")


class CoordinateSource(TextChoices):
    WGS84 = "wgs84", "WGS-84"
    GCJ02 = "gcj02", "GCJ-02"
    BD09 = "bd09", "BD-09"


class FoundBy(TextChoices):
    """How a case came to its grid."""

    POINT = "point", _("the point lies in it")
    NEAREST = "nearest", _("nearest to the point, within 50 m")
    INTAKE_POINT = "intake_point", _("grid of the intake point")
    POST = "post", _("grid of the reporter's post")
    CHOSEN = "chosen", _("chosen by hand")


class Outcome(TextChoices):
    SOLVED = "solved", _("solved")
    EXPLAINED = "explained", _("explained")
    CONDITIONS_LACKING = "conditions_lacking", _("conditions lacking")
    BEYOND_POLICY = "beyond_policy", _("beyond policy")


class RejectReason(TextChoices):
    DUPLICATE = "duplicate", _("reported already")
    NOT_GOVERNMENT = "not_government", _("not a matter for the government")
    NO_FACTS = "no_facts", _("no facts that could be checked")
    IN_COURT = "in_court", _("before a court or another legal body")
    OTHER = "other", _("other reason")


class Satisfaction(TextChoices):
    SATISFIED = "satisfied", pgettext_lazy("rating", "satisfied")
    NEUTRAL = "neutral", pgettext_lazy("rating", "neutral")
    UNSATISFIED = "unsatisfied", pgettext_lazy("rating", "unsatisfied")


class Lapse(TextChoices):
    """Why a request or an order ended without its answer."""

    UNANSWERED = "unanswered", _("nobody has decided in time")
    ENDED = "ended", _("the case has ended")
    MOVED_ON = "moved_on", _("the case has moved on")
    OTHER_LEAD = "other_lead", _("another unit leads the case")


class AttachmentKind(TextChoices):
    """What a file of a case is there to show."""

    MATTER = "matter", pgettext_lazy("file", "the matter")
    BEFORE = "before", pgettext_lazy("file", "before the work")
    AFTER = "after", pgettext_lazy("file", "after the work")


class Finding(TextChoices):
    """What a look-back finds."""

    SOUND = "sound", _("as reported")
    UNSOUND = "unsound", _("not as reported")


class PeerScore(IntegerChoices):
    """What lead and co-handlers give each other (双考核)."""

    POOR = 1, pgettext_lazy("score", "1 – poor")
    WEAK = 2, pgettext_lazy("score", "2 – weak")
    FAIR = 3, pgettext_lazy("score", "3 – fair")
    GOOD = 4, pgettext_lazy("score", "4 – good")
    EXCELLENT = 5, pgettext_lazy("score", "5 – excellent")


class DeadlineKind(TextChoices):
    ACCEPT = "accept", _("to accept")
    DISPATCH = "dispatch", _("to dispatch")
    SIGN = "sign", _("to sign")
    HANDLE = "handle", _("to handle")
    REPORT_IN = "report_in", _("to report in")
    REVIEW = "review", _("to check")
    RATE = "rate", _("to rate")
    SUPERVISE = "supervise", _("to answer a supervision order")
    CHECK_ANSWER = "check_answer", _("to check the answer to a supervision order")
    ASSIST = "assist", _("to contribute")
    WHISTLE = "whistle", _("to answer a whistle")
    EXTENSION = "extension", _("to decide on an extension")
    SUSPENSION = "suspension", _("to decide on a suspension")
    RESUME = "resume", _("to look at a suspended case again")


ASKED_OF_A_UNIT = (
    DeadlineKind.SUPERVISE,
    DeadlineKind.CHECK_ANSWER,
    DeadlineKind.WHISTLE,
    DeadlineKind.EXTENSION,
    DeadlineKind.SUSPENSION,
    DeadlineKind.RESUME,
)
"""What a unit is asked for that may have no part in the case otherwise: answers and decisions."""


class DeadlineState(TextChoices):
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    MET = "met", _("met")
    MISSED = "missed", _("missed")
    CANCELLED = "cancelled", _("no longer needed")


class StepAction(TextChoices):
    REMIND = "remind", _("remind")
    FLAG = "flag", _("flag as overdue")
    URGE = "urge", _("urge")
    ESCALATE = "escalate", _("escalate")
    SUPERVISE = "supervise", _("order supervision")
    NOTIFY = "notify", _("notify a role")
    CLOSE = "close", _("close")


class Anchor(TextChoices):
    PERCENT = "percent", _("percent of the allowance")
    BEFORE = "before", _("minutes before")
    AFTER = "after", _("minutes after")
    NEXT_MORNING = "next_morning", _("next working morning")


class CountedIn(TextChoices):
    """As `deadlines.Counting`, in words."""

    WORKING = "working", _("working minutes")
    CALENDAR = "calendar", _("calendar minutes")
    DAY = "day", _("working days, to the close of the last")


class EventKind(TextChoices):
    """One line of history each; past participles."""

    SUBMITTED = "submitted", _("submitted")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")
    MERGED = "merged", _("merged")
    UNMERGED = "unmerged", _("merger undone")
    VOICE_JOINED = "voice_joined", _("another voice joined")
    DISPATCHED = "dispatched", _("dispatched")
    SIGNED = "signed", _("signed")
    RETURNED = "returned", _("returned")
    RULED = "ruled", _("ruled")
    SOLVED_ON_SPOT = "solved_on_spot", _("solved on the spot")
    PROGRESSED = "progressed", _("progress reported")
    WHISTLED = "whistled", _("whistled")
    WHISTLE_ANSWERED = "whistle_answered", _("whistle answered")
    REPORTED_IN = "reported_in", _("reported in")
    CONTRIBUTED = "contributed", _("contribution reported")
    WAIVED = "waived", _("contribution waived")
    PEER_RATED = "peer_rated", _("rated among units")
    ESCALATED = "escalated", _("escalated")
    LISTED = "listed", _("listed for supervision")
    EXTENSION_REQUESTED = "extension_requested", _("extension requested")
    EXTENSION_DECIDED = "extension_decided", _("extension decided")
    SUSPENSION_REQUESTED = "suspension_requested", _("suspension requested")
    SUSPENSION_REFUSED = "suspension_refused", _("suspension refused")
    SUSPENDED = "suspended", _("suspended")
    RESUMED = "resumed", _("resumed")
    FINISHED = "finished", _("handling finished")
    APPROVED = "approved", _("approved")
    SENT_BACK = "sent_back", _("sent back")
    RATED = "rated", _("rated")
    CLOSED = "closed", _("closed")
    REOPENED = "reopened", _("reopened")
    URGED = "urged", _("urged")
    INSTRUCTED = "instructed", _("instructed")
    SUPERVISED = "supervised", _("supervision ordered")
    SUPERVISION_ANSWERED = "supervision_answered", _("supervision answered")
    SUPERVISION_CHECKED = "supervision_checked", _("answer to supervision checked")
    LOOKED_BACK = "looked_back", _("looked back on")
    WITHDRAWN = "withdrawn", _("withdrawn")
    NOTED = "noted", _("note added")
    PUBLISHED = "published", _("published in the bulletin")
    UNPUBLISHED = "unpublished", _("taken out of the bulletin")
    REMINDED = "reminded", _("reminded")
    FLAGGED = "flagged", _("flagged as overdue")
    ROLE_NOTIFIED = "role_notified", _("role notified")
    RECATEGORISED = "recategorised", _("category changed")
    RELOCATED = "relocated", _("grid changed")
    RECOUNTED = "recounted", _("deadline recounted")
    REVEALED = "revealed", _("reporter's data shown")
    ANONYMISED = "anonymised", _("reporter's data erased")
    FILES_DELETED = "files_deleted", _("files deleted")
