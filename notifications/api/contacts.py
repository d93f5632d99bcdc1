"""One's own ways: what leads to oneself, what of it is proven, and from which urgency on it is used."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.pagination import KeysetPagination
from grids.api.serializers import StrictSerializer
from notifications.addresses import LONGEST
from notifications.channels.push import public_key
from notifications.choices import Channel, Pace
from notifications.models import Contact
from notifications.querysets import OwnQuerySet
from notifications.services import contacts as service


class ContactSerializer(serializers.Serializer):
    """A way; its address is never shown again in full."""

    id = serializers.IntegerField()
    channel = serializers.ChoiceField(Channel.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    address = serializers.CharField(source="masked", help_text="Enough of it to tell it apart.")
    least = serializers.ChoiceField(Pace.choices, help_text="It is used for what is so urgent, or more.")
    verified_at = serializers.DateTimeField(help_text="From when on it is used; null until it is proven.")
    dead_at = serializers.DateTimeField(help_text="When its provider said that it is no more; nothing is sent there.")
    error = serializers.CharField(help_text="What its provider said last.")
    created_at = serializers.DateTimeField()


class NewContactSerializer(StrictSerializer):
    """A way to oneself. A code goes to it at once, but for a browser's subscription, which proves itself."""

    channel = serializers.ChoiceField(Channel.choices)
    address = serializers.CharField(
        max_length=LONGEST,
        help_text="E-mail address, phone, address as Apprise spells it, or the browser's PushSubscription as JSON.",
    )
    label = serializers.CharField(  # type: ignore[assignment]  # a field of that name
        required=False, allow_blank=True, max_length=service.LONGEST_LABEL, default=""
    )


class ContactChangesSerializer(StrictSerializer):
    """What is to be different."""

    label = serializers.CharField(  # type: ignore[assignment]  # a field of that name
        required=False, allow_blank=True, max_length=service.LONGEST_LABEL
    )
    least = serializers.ChoiceField(Pace.choices, required=False)


class CodeSerializer(StrictSerializer):
    """The code that came."""

    code = serializers.CharField(max_length=20)


class PushKeySerializer(serializers.Serializer):
    """What a browser subscribes with."""

    key = serializers.CharField(help_text="applicationServerKey; empty where push is not set up.")


@extend_schema(tags=["contacts"])
class ContactViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Ways that lead to you besides the e-mail address of your account."""

    serializer_class = ContactSerializer
    pagination_class = KeysetPagination
    orderings = ("pk",)
    lookup_value_regex = "[0-9]+"
    queryset = Contact.objects.none()

    def get_queryset(self) -> OwnQuerySet:
        return Contact.objects.visible_to(self.request.user)

    @extend_schema(
        summary="Add a way",
        request=NewContactSerializer,
        responses={201: ContactSerializer},
        examples=[
            OpenApiExample("mail", value={"channel": "email", "address": "wang@example.org"}, request_only=True),
            OpenApiExample("ntfy", value={"channel": "apprise", "address": "ntfys://ntfy.sh/topic"}, request_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        """Adds a way and sends a code to it; a browser's subscription needs none. The same address again is the same
        way. Where the code could not be sent, the way is kept: ask for another code."""
        said = _read(NewContactSerializer, request)
        user: Any = request.user
        contact = service.add_contact(user, by=user, **said)
        if contact.verified_at is None:
            contact = service.send_code(contact)
        return Response(ContactSerializer(contact).data, status=201)

    @extend_schema(summary="Change a way", request=ContactChangesSerializer, responses=ContactSerializer)
    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Its label, and from which urgency on it is used."""
        contact = self.get_object()
        said = _read(ContactChangesSerializer, request)
        return Response(ContactSerializer(service.change_contact(contact, **said)).data)

    @extend_schema(summary="Take a way away", responses={204: None})
    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """Nothing is sent there any more."""
        service.remove_contact(self.get_object())
        return Response(status=204)

    @extend_schema(summary="Send another code", request=None, responses=ContactSerializer)
    @action(detail=True, methods=["post"])
    def code(self, request: Request, **_kwargs: Any) -> Response:
        """At most once a minute; the code before it ends."""
        return Response(ContactSerializer(service.send_code(self.get_object())).data)

    @extend_schema(summary="Prove a way", request=CodeSerializer, responses=ContactSerializer)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, **_kwargs: Any) -> Response:
        """With the code that came. From then on the way is used."""
        contact = self.get_object()
        said = _read(CodeSerializer, request)
        return Response(ContactSerializer(service.verify_contact(contact, said["code"])).data)

    @extend_schema(summary="Key for push", responses=PushKeySerializer)
    @action(detail=False, url_path="push-key", pagination_class=None)
    def push_key(self, request: Request) -> Response:
        """The public key that a browser subscribes with."""
        return Response({"key": public_key()})


def _read(shape: type[StrictSerializer], request: Request) -> dict[str, Any]:
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    said: dict[str, Any] = asked.validated_data
    return said
