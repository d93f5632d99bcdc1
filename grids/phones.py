"""One way to read a telephone number, for users and reporters alike."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def normalise_phone(text: str, region: str = "CN") -> str:
    """The number as E.164 (`+8613812345678`), whatever spaces and dashes it came with.

    `region` is the ISO country that a number without a country code belongs to.
    Raises ValidationError where no such number can exist.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(_("must be a telephone number, as 13812345678 or 0316-2345678"), code="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
