"""The words of the field app's scripts: they come with its page, in its language, so that they are translated like all
others and nothing has to be asked for without a network."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def words() -> dict[str, str]:
    """By key, in the current language; `{name}` takes a value."""
    return _tabs() | _moments() | _cases() | _reports() | _queue() | _refusals() | _rest()


def _tabs() -> dict[str, str]:
    return {
        "app_name": _("Field work"),
        "todo": pgettext("field app", "To do"),
        "report": pgettext("field app", "Report"),
        "map": pgettext("field app", "Map"),
        "mine": pgettext("field app", "Me"),
        "all": _("All"),
        "overdue": _("Overdue"),
        "due_today": _("Due today"),
        "to_accept": _("To accept"),
        "to_sign": _("To sign"),
        "handling": _("In handling"),
        "to_revisit": _("To revisit"),
        "others": _("Others"),
        "show_only": _("Show only"),
        "nothing_to_do": _("Nothing waits for you."),
        "nothing_to_do_why": _("What is given to your unit appears here, with the time by which it is due."),
        "first_reading": _("Your cases are being fetched …"),
        "too_many_cases": _("You have more open cases than a phone keeps: those due first are here."),
    }


def _moments() -> dict[str, str]:
    return {
        "days_hours": _("{days} d {hours} h"),
        "hours_minutes": _("{hours} h {minutes} min"),
        "minutes": _("{minutes} min"),
        "late": _("{time} late"),
        "left": _("{time} left"),
        "today": _("today {clock}"),
        "yesterday": _("yesterday {clock}"),
        "tomorrow": _("tomorrow {clock}"),
        "until": _("until {moment}"),
    }


def _cases() -> dict[str, str]:
    return {
        "no_category": _("no category yet"),
        "sign": _("Sign"),
        "signed": _("Signed: {title}"),
        "undo": _("Undo"),
        "who_has_it": _("Who has it"),
        "lead": _("Lead unit"),
        "until_when": _("Until when"),
        "where": _("Where"),
        "category": _("Category"),
        "reporter": _("Reporter"),
        "climbed": _("Times it climbed"),
        "reply": _("Answer"),
        "what_was_said": _("What was said"),
        "deadlines": _("Deadlines, and why"),
        "was_late": _("was late"),
        "what_happened": _("What happened"),
        "more": _("More"),
        "close": pgettext("window", "Close"),
        "comma": pgettext("between items of a list", ", "),
        "open_at_desk": _("Open at the desk"),
        "not_kept": _("This case is not kept on this phone. With a network, the desk shows it if you may see it."),
        "needed": _("needed"),
        "if_you_like": _("if you like"),
        "yes": _("yes"),
        "no": _("no"),
        "still_missing": _("Still missing: {what}"),
        "photos_of": _("Photos: {what}"),
        "photo_number": _("Photo {number}"),
        "take_out_photo": _("Take out photo {number}"),
        "most_photos": _("At most {most} photos."),
    }


def _reports() -> dict[str, str]:
    return {
        "take_photo": _("Take a photo"),
        "wrong_place": _("Not right?"),
        "asking_position": _("Asking your phone where you are …"),
        "no_place": _("Say where it is: touch the map."),
        "beyond_own_grids": _("outside your grids; it is found when this is sent"),
        "here": _("here"),
        "what_is_it": _("What is it? One line is enough"),
        "speak": _("Speak"),
        "listening": _("Listening … speak now"),
        "not_heard": _("Nothing was heard: type it, please."),
        "search_category": _("Search all categories"),
        "solved_on_spot": _("Solved on the spot"),
        "solved_on_spot_why": _("It comes in and is done at once; nobody else has to do anything."),
        "what_was_done": _("What was done"),
        "urgency": _("Urgency"),
        "as_usual": _("as usual for this: {what}"),
        "send": pgettext("field app", "Send"),
        "say_or_choose": _("Say what it is, or choose a category."),
        "say_what_was_done": _("Say what was done."),
        "photo_required": _("This kind of matter needs a photo."),
        "draft": _("Draft"),
        "drop_draft": _("Discard this draft"),
        "other_drafts": _("Other drafts: {number}"),
        "without_words": _("without words yet"),
        "reported_already": _("Reported already?"),
        "so_far_away": _("{metres} m away, {moment}"),
        "join": _("Add to it"),
        "another_voice": _("Another voice: {text}"),
        "joined": _("Added to: {title}"),
    }


def _queue() -> dict[str, str]:
    return {
        "is_sent_now": _("{what}: being sent"),
        "is_kept_offline": _("{what}: kept, and sent when there is a network"),
        "waits_to_be_sent": _("Waits to be sent: {what}"),
        "offline": _("Offline, {number} waiting to be sent"),
        "number_waiting": _("{number} waiting to be sent"),
        "number_refused": _("{number} need you"),
        "sign_in_again": _("Please sign in again. Nothing is lost: {number} waiting to be sent"),
        "queue": _("Waiting to be sent"),
        "queue_empty": _("Everything has been sent."),
        "others_wait": _(
            "{number} of somebody else’s wait on this phone. They are sent when that person signs in here."
        ),
        "send_now": _("Send now"),
        "was_sent": _("Sent lately"),
        "next_try": _("next try {moment}"),
        "state_waiting": _("waits to be sent"),
        "state_sending": _("is being sent"),
        "state_again": _("did not get through, tried again"),
        "state_refused": _("was refused"),
    }


def _refusals() -> dict[str, str]:
    return {
        "was_refused": _("Not taken: {what}"),
        "refused_409": _(
            "The case has moved on: this is not possible now. Look at it, then send it again or copy your words."
        ),
        "refused_412": _("Somebody changed the case meanwhile. Look at it; if it still fits, send it again."),
        "refused_403": _("This is not up to you any more. Copy your words, if they are needed."),
        "refused_404": _("You do not see this case any more. Copy your words, if they are needed."),
        "refused_413": _("It is too large: take out a photo, and send it again."),
        "refused_key": _("This was sent before with other words. Send it again as a new one, or discard it."),
        "refused_input": _("Something in it is not right: change it, and send it again."),
        "look_anew": _("Look at the case"),
        "send_on_new": _("Send again all the same"),
        "send_again": _("Send again"),
        "change_it": _("Change it"),
        "copy_text": _("Copy the words"),
        "copied": _("Copied."),
        "discard": _("Discard"),
        "discard_sure": _("Discard “{what}”? It cannot be brought back."),
    }


def _rest() -> dict[str, str]:
    return {
        "grids": _("My grids"),
        "cases": _("My cases"),
        "points": _("Intake points"),
        "districts": _("Household districts"),
        "show_on_map": _("Show on the map"),
        "map_needs_network": _("The map has not been fetched yet: open it once with a network."),
        "check_in": _("Patrol check-in"),
        "my_patrols": _("My patrols"),
        "where_visited": _("Where you are"),
        "where_i_am": _("where my phone says"),
        "what_was_seen": _("What was seen"),
        "check_in_and_report": _("Check in, and report what was seen"),
        "no_patrols": _("No check-ins yet. Each of your visits stands here, with what you saw."),
        "became_case": _("became case {number}"),
        "inbox": _("Inbox"),
        "telling": _("How I am told"),
        "desk": _("The desk"),
        "posts": _("My posts"),
        "no_post": _("You hold no post today: there is nothing to do here. Ask your administrator."),
        "settings": _("Settings"),
        "large_type": _("large type"),
        "sign_out": _("Sign out"),
        "sign_out_sure": _(
            "{number} have not been sent yet. They stay on this phone until you sign in again. Sign out?"
        ),
        "went_wrong": _("Something went wrong on this page. What you wrote is kept."),
    }
