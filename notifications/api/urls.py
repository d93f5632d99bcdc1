"""Addresses of the inbox and of one's own ways, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from .contacts import ContactViewSet
from .views import InboxViewSet

router = SimpleRouter()
router.register("inbox", InboxViewSet, basename="inbox")
router.register("contacts", ContactViewSet, basename="contact")

urlpatterns = router.urls
