"""What a map on a page may load: nothing from elsewhere, unless the city names tiles."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def map_tiles() -> dict[str, str]:
    """The address of map tiles and whose they are; both empty where the city has named none."""
    return {"url": settings.TILE_URL, "attribution": settings.TILE_ATTRIBUTION}
