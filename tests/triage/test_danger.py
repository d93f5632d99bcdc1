"""Signs of danger to life are found first of all; that something is flagged in vain is the smaller harm."""

from __future__ import annotations

import pytest

from insights.triage.danger import SIGNS, signs_of_danger

SPOKEN = {
    "fire": "楼道里电动车冒烟了",
    "explosion": "厨房闻到很浓的煤气味",
    "collapse": "外墙瓷砖掉落，差点砸到孩子",
    "electricity": "路边裸露的电线没人管",
    "water": "水塘没有护栏，去年有人溺水",
    "well": "路口井盖丢了好几天",
    "lift": "老人被困在电梯里半小时",
    "violence": "邻居持刀威胁",
    "suicide": "欠薪再不发我就从楼上跳楼",
    "injury": "工地有人受伤昏迷",
    "missing": "家里老人走失了",
    "traffic": "路口又撞伤了学生",
    "cold": "独居老人卧床无人照顾",
    "animals": "流浪狗咬伤小孩",
    "chemicals": "厂里有毒气体飘到村里",
}


@pytest.mark.parametrize("kind", [kind for kind, _label, _pattern in SIGNS])
def test_each_danger_is_found_as_people_say_it(kind: str) -> None:
    found = {sign.kind: sign.words for sign in signs_of_danger(SPOKEN[kind])}
    assert found[kind] and all(word in SPOKEN[kind] for word in found[kind])


def test_a_quiet_matter_has_none() -> None:
    assert signs_of_danger("请问医保卡在哪里办理，需要带什么材料") == []
