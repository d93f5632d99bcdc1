"""The addresses of the console."""

from django.urls import URLPattern, path, re_path

from cases.api.inputs import NUMBER

from . import calls, case_map, desk, look_backs, picking, prints

urlpatterns: list[URLPattern] = [
    path("", desk.desk, name="desk"),
    path("pulse/", desk.pulse, name="desk-pulse"),
    path("units/", picking.units, name="desk-units"),
    path("places/", picking.places, name="desk-places"),
    path("categories/", picking.kinds, name="desk-categories"),
    path("call/", calls.call, name="desk-call"),
    path("call/caller/", calls.caller, name="desk-caller"),
    path("call/alike/", calls.alike_matters, name="desk-alike"),
    path("look-backs/", look_backs.look_backs, name="desk-look-backs"),
    path("look-backs/draw/", look_backs.draw, name="desk-look-back-draw"),
    re_path(r"^look-backs/(?P<pk>[0-9]{1,18})/$", look_backs.look_back, name="desk-look-back"),
    re_path(
        r"^look-backs/(?P<pk>[0-9]{1,18})/(?P<position>[0-9]{1,9})/$", look_backs.check, name="desk-look-back-check"
    ),
    re_path(rf"^map/(?P<number>{NUMBER})/$", case_map.case_map, name="desk-map"),
    re_path(rf"^print/(?P<number>{NUMBER})/$", prints.work_order, name="print-work-order"),
    re_path(rf"^print/(?P<number>{NUMBER})/(?P<pk>[0-9]{{1,18}})/$", prints.supervision, name="print-supervision"),
]
