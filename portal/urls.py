"""The addresses of pages. What is printed or mailed (`/s/…`, `/cases/…`) answers with and without a last slash."""

from django.urls import include, path, re_path

from cases.api.inputs import NUMBER

from . import accounts, bulletin, desk, inbox, jobs, lists, places, resident, telling, way

STEPS = "code|verify|least|remove"
"""What can be done with a way that leads to oneself."""

urlpatterns = [
    path("field/", include("portal.field.urls")),
    path("desk/", include("portal.console.urls")),
    path("leaders/", include("portal.leaders.urls")),
    re_path(r"^s/(?P<token>[A-Za-z0-9_-]{1,64})/?$", resident.speak_up, name="speak-up"),
    path("say/", resident.speak_up_anywhere, name="speak-up-anywhere"),
    path("say/where/", places.where, name="where"),
    path("solved/", bulletin.solved, name="solved"),
    path("solved/map/", bulletin.solved_map, name="solved-map"),
    path("ticket/", resident.ticket, name="ticket"),
    path("t/", way.follow, name="track"),
    re_path(r"^t/(?P<token>[0-9a-z]{1,13}-[0-9a-z]{1,6}-[a-z2-7]{12})/?$", way.follow_link, name="track-link"),
    path("t/photos/", way.add_photos, name="track-photos"),
    path("t/verdict/", way.give_verdict, name="track-verdict"),
    re_path(r"^t/(?P<action>note|withdraw|reopen)/$", way.say_more, name="track-more"),
    path("sign-in/", accounts.SignInView.as_view(), name="sign-in"),
    path("password/<uidb64>/<token>/", accounts.FirstPasswordView.as_view(), name="first-password"),
    path("sign-out/", accounts.SignOutView.as_view(), name="sign-out"),
    path("cases/", lists.case_list, name="case-list"),
    path("cases/selection/", jobs.selection, name="case-selection"),
    path("cases/ledger/", jobs.ledger, name="case-ledger"),
    path("inbox/", inbox.inbox_page, name="inbox-page"),
    path("inbox/bell/", inbox.bell, name="inbox-bell"),
    path("inbox/read/", inbox.read_all, name="inbox-page-read-all"),
    re_path(r"^inbox/(?P<pk>[0-9]{1,18})/read/$", inbox.read_one, name="inbox-page-read"),
    re_path(r"^inbox/lists/(?P<pk>[0-9]{1,18})/$", inbox.list_page, name="inbox-list-page"),
    re_path(r"^inbox/alarms/(?P<pk>[0-9]{1,18})/$", inbox.answer_alarm, name="inbox-alarm"),
    path("telling/", telling.telling_page, name="telling"),
    path("telling/hours/", telling.save_hours, name="telling-hours"),
    path("telling/ways/", telling.add_way, name="telling-add"),
    path("telling/push/", telling.add_push, name="telling-push"),
    re_path(
        r"^telling/ways/(?P<pk>[0-9]{1,18})/(?P<step>code|verify|least|remove)/$",
        telling.change_way,
        name="telling-way",
    ),
    path("worker.js", telling.worker, name="service-worker"),
    path("jobs/", jobs.job_list, name="job-list"),
    re_path(r"^jobs/(?P<pk>[0-9]{1,18})/$", jobs.job_page, name="job-page"),
    path("filters/", lists.keep, name="filter-keep"),
    re_path(r"^filters/(?P<pk>[0-9]{1,18})/delete/$", lists.drop, name="filter-drop"),
    re_path(rf"^cases/(?P<number>{NUMBER})/?$", desk.case_page, name="case-page"),
    re_path(rf"^cases/(?P<number>{NUMBER})/files/$", desk.add_files, name="case-files"),
    re_path(rf"^cases/(?P<number>{NUMBER})/(?P<action>[a-z_]{{2,40}})/$", desk.act, name="case-act"),
]
