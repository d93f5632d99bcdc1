"""What-ifs over HTTP: asked for, computed by a worker, read with the cases behind every figure."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from cases.actors import Actor
from cases.choices import DeadlineKind
from cases.models import Policy, SimulatedDeadline, Simulation
from cases.services.simulation import FIGURES, ask_simulation
from grids.api.serializers import unit_ref
from grids.choices import Level
from grids.models import Grid
from grids.territory import territory_of

from .pagination import KeysetPagination
from .serializers import CaseRowSerializer
from .views import LONG

BEHIND = [figure for figure in FIGURES if figure != "clocks"]
"""Figures with cases of their own behind them; all clocks together are the list of cases."""


class SimulationInputs(serializers.Serializer):
    """What to try, on what."""

    policy = serializers.IntegerField(help_text="Id of a policy, a draft too.")
    since = serializers.DateField(help_text="Cases submitted from this day until now.")
    grid = serializers.CharField(required=False, max_length=18, help_text="Code; everywhere otherwise.")

    def validate_policy(self, value: int) -> Policy:
        policy = _policies(self.context["request"].user).filter(pk=value).first()
        if policy is None:
            raise ValidationError(_("no policy of your territory has this id"))
        return policy

    def validate_grid(self, value: str) -> Grid:
        grid = Grid.objects.standing().visible_to(self.context["request"].user).filter(code=value).first()
        if grid is None:
            raise ValidationError(_("no grid of your territory has this code"))
        return grid


def _policies(user: Any) -> QuerySet[Policy]:
    """Policies for everybody, those below one's territories and those above that govern them."""
    territory = territory_of(user)
    reach = Q(grid__isnull=True) | territory.within("grid__path")
    for path in territory.paths:
        above = [path[:end] for end in range(Grid.steplen, len(path), Grid.steplen)]
        reach |= Q(grid__path__in=above)
    return Policy.objects.all() if territory.everything else Policy.objects.filter(reach)


class SimulationRowSerializer(serializers.Serializer):
    """A what-if as a line of a list."""

    id = serializers.IntegerField()
    policy = serializers.IntegerField(source="policy_id")
    policy_name = serializers.CharField(source="policy")
    grid = serializers.CharField(source="grid.code", default=None, allow_null=True)
    since = serializers.DateField()
    until = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Simulation.State.choices)
    error = serializers.CharField()
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class SimulationSerializer(SimulationRowSerializer):
    """A what-if with its report: sums, and the same figures by level and by unit."""

    report = serializers.JSONField()


class SimulatedSerializer(serializers.Serializer):
    """A clock that a figure counts: as it was, and as it would have been."""

    id = serializers.IntegerField()
    case = CaseRowSerializer()
    kind = serializers.ChoiceField(choices=DeadlineKind.choices)
    level = serializers.ChoiceField(choices=Level.choices)
    unit = serializers.SerializerMethodField()
    due_before = serializers.DateTimeField(source="deadline.due_at")
    due_after = serializers.DateTimeField(source="due_at")
    late_before = serializers.BooleanField()
    late_after = serializers.BooleanField()
    reminded_before = serializers.IntegerField()
    reminded_after = serializers.IntegerField()
    escalated_before = serializers.BooleanField()
    escalated_after = serializers.BooleanField()

    def get_unit(self, row: SimulatedDeadline) -> dict[str, Any] | None:
        return unit_ref(row.unit_id, row.case.grid_path)


class Simulations(GenericAPIView):
    """The what-ifs that one sees."""

    queryset = Simulation.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Simulation]:
        return Simulation.objects.visible_to(self.request.user).select_related("policy", "grid")


@extend_schema_view(
    get=extend_schema(operation_id="simulations_list", summary="What-ifs of one's territory", tags=["what-if"])
)
class SimulationsView(Simulations, ListAPIView):
    """The list, newest first; and asking for one."""

    serializer_class = SimulationRowSerializer
    pagination_class = KeysetPagination
    orderings = ("-pk",)

    @extend_schema(
        operation_id="simulations_ask",
        summary="Ask what would have been",
        description="For administrators, leaders and supervisors of the grid. Computed within seconds; read it again.",
        request=SimulationInputs,
        responses={201: SimulationRowSerializer},
        tags=["what-if"],
    )
    def post(self, request: Request) -> Response:
        inputs = SimulationInputs(data=request.data, context={"request": request})
        inputs.is_valid(raise_exception=True)
        said = inputs.validated_data
        simulation = ask_simulation(
            said["policy"], said["since"], grid=said.get("grid"), actor=Actor.person(request.user)
        )
        return Response(SimulationRowSerializer(simulation).data, status=201)


@extend_schema_view(get=extend_schema(operation_id="simulations_read", summary="A what-if's report", tags=["what-if"]))
class SimulationView(Simulations, RetrieveAPIView):
    """One, with its report."""

    serializer_class = SimulationSerializer


def _parameter(name: str, kind: Any, description: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description, **more)


@extend_schema_view(
    get=extend_schema(
        operation_id="simulations_cases",
        summary="The cases behind a figure",
        parameters=[
            _parameter("figure", OpenApiTypes.STR, "Which figure.", required=True, enum=BEHIND),
            _parameter("unit", OpenApiTypes.INT, "Of this unit alone."),
            _parameter("level", OpenApiTypes.STR, "Of this level alone.", enum=Level.values),
        ],
        tags=["what-if"],
    )
)
class SimulatedView(ListAPIView):
    """The clocks that a figure of the report counts, with their cases."""

    queryset = SimulatedDeadline.objects.none()
    serializer_class = SimulatedSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    orderings = ("pk",)

    def get_queryset(self) -> QuerySet[SimulatedDeadline]:
        if "pk" not in self.kwargs:  # the description of the API is drawn without a what-if
            return self.queryset
        user = self.request.user
        simulation = get_object_or_404(Simulation.objects.visible_to(user), pk=self.kwargs["pk"])
        rows = SimulatedDeadline.objects.visible_to(user).filter(_counted(self.request), simulation=simulation)
        return rows.select_related("case", "deadline").defer(*(f"case__{name}" for name in LONG))


def _counted(request: Request) -> Q:
    """The rows that a figure counts, of a unit or level where one is named."""
    asked = request.query_params
    figure, unit, level = asked.get("figure", ""), asked.get("unit"), asked.get("level")
    if figure not in BEHIND:
        raise ValidationError({"figure": _("must be one of %s") % ", ".join(BEHIND)})
    if unit is not None and not (unit.isascii() and unit.isdigit() and len(unit) < 19):
        raise ValidationError({"unit": _("must be the id of a unit")})
    if level is not None and level not in Level.values:
        raise ValidationError({"level": _("must be one of %s") % ", ".join(Level.values)})
    what, _underscore, when = figure.partition("_")
    arriving = what == "arriving"
    found = (
        Q(**{f"reminded_{when}__gt": 0})
        if what == "reminded"
        else Q(**{f"{'escalated' if arriving else what}_{when}": True})
    )
    if arriving:
        found &= Q(above__isnull=False)
    if unit is not None:
        found &= Q(above=int(unit)) if arriving else Q(unit=int(unit))
    if level is not None:
        found &= Q(above__grid__level=level) if arriving else Q(level=level)
    return found
