from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.services.key_rotation import register_box

        from .models import ChannelAccount, Contact, WebhookEndpoint

        register_box(Contact, "address_sealed")
        register_box(ChannelAccount, "credentials_sealed")
        register_box(WebhookEndpoint, "secret_sealed")
        register_box(WebhookEndpoint, "old_secret_sealed")
