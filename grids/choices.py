"""The words that rows of the territory may choose from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    CITY = "city", _("city")
    COUNTY = "county", _("county")
    TOWN = "town", _("town")
    VILLAGE = "village", _("village")
    CELL = "cell", _("cell")
    MICRO = "micro", _("micro-grid")

    @property
    def rank(self) -> int:
        """0 for the city, growing downward."""
        return list(Level).index(self)

    @property
    def code_length(self) -> int:
        """Digits of a code at this level: the 12-digit statistical code (2+2+2+3+3), then 3 more for each level."""
        return {Level.CELL: 15, Level.MICRO: 18}.get(self, 12)


class UnitKind(models.TextChoices):
    AUTHORITY = "authority", _("authority of a grid")
    URBAN_MANAGEMENT = "urban_management", _("urban management")
    HOUSING = "housing", _("housing and construction")
    WATER_UTILITY = "water_utility", _("water supply")
    POWER_UTILITY = "power_utility", _("power supply")
    HEATING_UTILITY = "heating_utility", _("heating")
    GAS_UTILITY = "gas_utility", _("gas supply")
    TRANSPORT = "transport", _("transport")
    POLICE = "police", _("police")
    MARKET_REGULATION = "market_regulation", _("market regulation")
    HEALTH = "health", _("health")
    EDUCATION = "education", _("education")
    HUMAN_RESOURCES = "human_resources", _("human resources and social security")
    CIVIL_AFFAIRS = "civil_affairs", _("civil affairs")
    ECOLOGY = "ecology", _("ecology and environment")
    AGRICULTURE = "agriculture", _("agriculture and rural affairs")
    EMERGENCY = "emergency", _("emergency management")
    NATURAL_RESOURCES = "natural_resources", _("natural resources and planning")
    JUSTICE = "justice", _("justice")
    CULTURE_TOURISM = "culture_tourism", _("culture and tourism")
    TAXATION = "taxation", _("taxation")
    TECH_INDUSTRY = "tech_industry", _("science and industry")
    PETITION = "petition", _("letters and visits")
    VOLUNTEERS = "volunteers", _("volunteers")
    MEDIATION = "mediation", _("mediation room")
    LAWYERS = "lawyers", _("lawyers")
    COUNSELLING = "counselling", _("counselling")
    SERVICE_STATION = "service_station", _("service station")


class Role(models.TextChoices):
    GRID_WORKER = "grid_worker", _("grid worker")
    VILLAGE_HEAD = "village_head", _("village head")
    DISPATCHER = "dispatcher", _("dispatcher")
    OFFICER = "officer", _("officer")
    LEADER = "leader", _("leader")
    SUPERVISOR = "supervisor", _("supervisor")
    ADMINISTRATOR = "administrator", _("administrator")
