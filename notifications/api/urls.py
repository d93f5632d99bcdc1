"""Addresses of the inbox and of one's own ways, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from .alarms import AlarmViewSet
from .contacts import ContactViewSet
from .views import InboxViewSet

router = SimpleRouter()
router.register("inbox", InboxViewSet, basename="inbox")
router.register("alarms", AlarmViewSet, basename="alarm")
router.register("contacts", ContactViewSet, basename="contact")

urlpatterns = router.urls
