"""The addresses of pages. What is printed or mailed (`/s/…`, `/cases/…`) answers with and without a last slash."""

from django.urls import path, re_path

from cases.api.inputs import NUMBER

from . import accounts, desk, resident, way

urlpatterns = [
    re_path(r"^s/(?P<token>[A-Za-z0-9_-]{1,64})/?$", resident.speak_up, name="speak-up"),
    path("ticket/", resident.ticket, name="ticket"),
    path("t/", way.follow, name="track"),
    path("t/photos/", way.add_photos, name="track-photos"),
    path("t/verdict/", way.give_verdict, name="track-verdict"),
    path("sign-in/", accounts.SignInView.as_view(), name="sign-in"),
    path("sign-out/", accounts.SignOutView.as_view(), name="sign-out"),
    path("cases/", desk.case_list, name="case-list"),
    re_path(rf"^cases/(?P<number>{NUMBER})/?$", desk.case_page, name="case-page"),
    re_path(rf"^cases/(?P<number>{NUMBER})/files/$", desk.add_files, name="case-files"),
    re_path(rf"^cases/(?P<number>{NUMBER})/(?P<action>[a-z_]{{2,40}})/$", desk.act, name="case-act"),
]
