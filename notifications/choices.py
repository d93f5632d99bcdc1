"""The words of telling: why, how urgently, and over what."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Reason(TextChoices):
    DUTY = "duty", _("it is your unit's turn")
    LEAD = "lead", _("your unit leads the case")
    CO_HANDLER = "co_handler", _("your unit is a co-handler")
    RELIEVED = "relieved", _("your unit's share has ended")
    OWES = "owes", _("your unit owes this")
    DISPATCHING = "dispatching", _("your unit dispatched the case")
    FORMER = "former", _("it was your unit's turn until now")
    ABOVE = "above", _("you are the level above")
    LEADER = "leader", _("you lead the level that has it")
    SUPERVISOR = "supervisor", _("you supervise this territory")
    ROLE = "role", _("the policy names your role")
    ACCEPTED_BY = "accepted_by", _("you accepted the case")
    LOGGED_BY = "logged_by", _("you logged the case")
    ALARM = "alarm", _("nobody before you has answered the alarm")


class Pace(TextChoices):
    """How urgently somebody is told, the most urgent first."""

    NOW = "now", _("at once, day and night: life is at risk")
    SOON = "soon", _("in waking hours: something is asked of you")
    LATER = "later", _("gathered: news")


PACES: tuple[str, ...] = tuple(Pace.values)
"""The most urgent first: what somebody wants `from` a pace on is what stands here no later than that."""


class Channel(TextChoices):
    EMAIL = "email", _("e-mail")
    WEB_PUSH = "web_push", _("this app on a device")
    APPRISE = "apprise", _("WeCom, DingTalk, Feishu, Bark, ntfy and others")
    SMS = "sms", _("short message")


class Provider(TextChoices):
    """With whom a city has an account for short messages."""

    ALIYUN = "aliyun", _("Alibaba Cloud")
    TENCENT = "tencent", _("Tencent Cloud")
    WEBHOOK = "webhook", _("a gateway of one's own")


class RoundUpKind(TextChoices):
    MORNING = "morning", _("morning list")
    WEEKLY = "weekly", _("weekly round-up")
    MONTHLY = "monthly", _("monthly round-up")


class Section(TextChoices):
    """Parts of a list at a set time, in the order in which they matter."""

    OVERDUE = "overdue", _("overdue")
    DUE_TODAY = "due_today", _("due today")
    TO_SIGN = "to_sign", _("to be signed")
    NEW = "new", _("new")


class NoticeKind(TextChoices):
    """What a resident is told of."""

    RECEIPT = "receipt", _("receipt")
    RESULT = "result", _("result, please rate")
    REJECTED = "rejected", _("not accepted")
    REOPENED = "reopened", _("handled again")


class Reader(TextChoices):
    USER = "user", _("those who work on cases")
    RESIDENT = "resident", _("the resident")
