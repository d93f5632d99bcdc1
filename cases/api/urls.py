"""The addresses of cases, for those who work on them and for residents."""

from django.urls import path, re_path

from . import (
    actions,
    jobs,
    look_backs,
    my_work,
    nearby,
    patrols,
    public,
    reference,
    registers,
    saved,
    simulations,
    uploads,
    views,
    with_files,
)
from .inputs import NUMBER

CASE = rf"^cases/(?P<number>{NUMBER})/"

urlpatterns = [
    *public.urlpatterns,  # first: addresses are tried in this order, and residents ask most
    path("cases/", views.CasesView.as_view(), name="cases"),
    path("cases/count/", views.CountView.as_view(), name="cases-count"),
    path("cases/export.csv", views.ExportView.as_view(), name="cases-export"),
    path("cases/export.xlsx", views.WorkbookView.as_view(), name="cases-workbook"),
    path("cases/exports/", jobs.AskExportView.as_view(), name="cases-export-ask"),
    path("cases/bulk/", jobs.BulkView.as_view(), name="cases-bulk"),
    path("cases/with-files/", with_files.LogWithFilesView.as_view(), name="cases-log-with-files"),
    path("cases/nearby/", nearby.NearbyView.as_view(), name="cases-nearby"),
    path("my/work/", my_work.MyWorkView.as_view(), name="my-work"),
    path("my/work/files/", my_work.MyFilesView.as_view(), name="my-work-files"),
    path("my/area/", my_work.MyAreaView.as_view(), name="my-area"),
    path("patrols/", patrols.PatrolsView.as_view(), name="patrols"),
    re_path(r"^patrol-photos/(?P<pk>[0-9]{1,18})/$", patrols.PatrolPhotoView.as_view(), name="patrol-photo"),
    path("jobs/", jobs.JobsView.as_view(), name="jobs"),
    re_path(r"^jobs/(?P<pk>[0-9]{1,18})/$", jobs.JobView.as_view(), name="job"),
    re_path(r"^jobs/(?P<pk>[0-9]{1,18})/results/$", jobs.ResultsView.as_view(), name="job-results"),
    re_path(r"^job-files/(?P<key>[A-Za-z0-9:_-]{1,300})/$", jobs.JobFileView.as_view(), name="job-file"),
    path("saved-filters/", saved.SavedFiltersView.as_view(), name="saved-filters"),
    re_path(r"^saved-filters/(?P<pk>[0-9]{1,18})/$", saved.SavedFilterView.as_view(), name="saved-filter"),
    re_path(rf"{CASE}$", views.CaseView.as_view(), name="case"),
    re_path(rf"{CASE}events/$", views.EventsView.as_view(), name="case-events"),
    re_path(rf"{CASE}attachments/$", uploads.UploadView.as_view(), name="case-attachments"),
    re_path(rf"{CASE}with-files/$", with_files.ActWithFilesView.as_view(), name="case-act-with-files"),
    *actions.urlpatterns,
    re_path(r"^attachments/(?P<pk>[0-9]{1,18})/$", uploads.AttachmentView.as_view(), name="attachment"),
    re_path(r"^files/(?P<token>[A-Za-z0-9_:-]{20,400})/$", uploads.FileView.as_view(), name="file"),
    path("suspensions/", registers.SuspensionsView.as_view(), name="suspensions"),
    path("suspensions/export.csv", registers.SuspensionsExportView.as_view(), name="suspensions-export"),
    path("supervision-orders/", registers.OrdersView.as_view(), name="supervision-orders"),
    path("look-backs/", look_backs.LookBacksView.as_view(), name="look-backs"),
    re_path(r"^look-backs/(?P<pk>[0-9]{1,18})/$", look_backs.LookBackView.as_view(), name="look-back"),
    re_path(
        r"^look-backs/(?P<pk>[0-9]{1,18})/items/(?P<position>[0-9]{1,9})/check/$",
        look_backs.LookBackItemView.as_view(),
        name="look-back-check",
    ),
    path("simulations/", simulations.SimulationsView.as_view(), name="simulations"),
    re_path(r"^simulations/(?P<pk>[0-9]{1,18})/$", simulations.SimulationView.as_view(), name="simulation"),
    re_path(r"^simulations/(?P<pk>[0-9]{1,18})/cases/$", simulations.SimulatedView.as_view(), name="simulation-cases"),
    path("categories/", reference.CategoriesView.as_view(), name="categories"),
    path("choices/", reference.ChoicesView.as_view(), name="choices"),
]
