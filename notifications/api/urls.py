"""Addresses of the inbox, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from .alarms import AlarmViewSet
from .views import InboxViewSet

router = SimpleRouter()
router.register("inbox", InboxViewSet, basename="inbox")
router.register("alarms", AlarmViewSet, basename="alarm")

urlpatterns = router.urls
