"""The words of telling: why a person is told of an event."""

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
