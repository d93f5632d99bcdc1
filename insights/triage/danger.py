"""Signs of danger to life in a text. Better one flag too many: a person reads what is flagged first, and decides.

Sources: what 110, 119 and 120 ask callers about, and the city's list of emergencies (`domain.md` of the design:
an emergency is acted upon at once)."""

from __future__ import annotations

import re
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

SIGNS: tuple[tuple[str, object, str], ...] = (
    ("fire", _("fire or smoke"), r"起火|着火|失火|火灾|冒烟|浓烟|自燃|烧起来|烧着|火苗|明火|on fire|burning|smoke"),
    ("explosion", _("gas or explosion"), r"爆炸|煤气|燃气泄|天然气泄|漏气|瓦斯|液化气|一氧化碳|gas leak|explo"),
    ("collapse", _("something may fall or cave in"),
     r"坍塌|倒塌|塌方|塌陷|垮塌|塌了|坠落|掉落|脱落|砸到|砸中|砸伤|滑坡|泥石流|裂缝|歪斜|要倒|collaps|landslide|sinkhole"),
    ("electricity", _("live wires"),
     r"触电|电死|漏电|裸露.{0,4}(?:电|线)|电线.{0,6}(?:断|掉|垂|露|落)|electrocut|live wire"),
    ("water", _("drowning or flood"), r"溺水|落水|淹死|掉进|掉入|跳河|跳江|洪水|决堤|被淹|drown|flood"),
    ("well", _("an open shaft"), r"井盖.{0,6}(?:丢|失|没|无|缺|坏|破|开|塌)|(?:缺|少|没有|无)井盖|manhole"),
    ("lift", _("a lift"), r"电梯.{0,10}(?:困|坠|掉|急降|下坠|失控|卡)|掉楼层|困在电梯|trapped in"),
    ("violence", _("violence"),
     r"持刀|砍人|打死|打伤|杀人|殴打|斗殴|家暴|绑架|强奸|猥亵|虐待|恐吓|枪|stabb|assault|rape|kidnap|violence"),
    ("suicide", _("somebody may take their life"),
     r"自杀|轻生|跳楼|寻死|不想活|活不下去|喝农药|割腕|上吊|同归于尽|suicid|kill (?:my|him|her)self"),
    ("injury", _("injured, ill or dead"),
     r"死亡|身亡|死人|丧命|人命|出事故|受伤|重伤|昏迷|晕倒|骨折|流血|抢救|送医|急救|中毒|窒息|猝死|生命危险|危及生命"
     r"|死了人|injur|unconscious|poison|dead|dying"),
    ("missing", _("a missing person"), r"失踪|走失|走丢|被拐|拐卖|找不到(?:孩子|老人|人)|missing (?:child|person)"),
    ("traffic", _("a road accident or a threat of one"), r"车祸|撞死|撞伤|撞人|被撞|肇事|翻车|car crash|run over"),
    ("cold", _("nothing to eat, no heat, helpless"),
     r"冻死|饿死|断粮|没饭吃|没有饭吃|卧床无人|starv|freezing to death"),
    ("animals", _("dangerous animals"), r"咬伤|咬人|狗咬|疯狗|毒蛇|蛇咬|马蜂|bitten"),
    ("chemicals", _("dangerous substances"), r"化学品|危化|硫酸|剧毒|毒气|有毒气体|放射|chemical spill|toxic"),
)  # fmt: skip


class Sign(NamedTuple):
    """A danger that a text speaks of, and the words that say so."""

    kind: str
    label: object
    words: tuple[str, ...]


_PATTERNS = tuple((kind, label, re.compile(pattern, re.IGNORECASE)) for kind, label, pattern in SIGNS)


def signs_of_danger(text: str) -> list[Sign]:
    """Every danger that the text may speak of. A denial is flagged like an alarm: no program tells them apart."""
    found = [(kind, label, tuple(dict.fromkeys(pattern.findall(text)))) for kind, label, pattern in _PATTERNS]
    return [Sign(kind, label, words) for kind, label, words in found if words]
