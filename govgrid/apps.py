from django.apps import AppConfig


class GovgridConfig(AppConfig):
    """What wires the rest; its checks look at the settings."""

    name = "govgrid"

    def ready(self) -> None:
        from . import checks  # noqa: F401  it registers them
