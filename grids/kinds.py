"""What a division is called by its own name: 固安镇 is a 镇. Names come from the statistical bureau,
which writes 南关村村民委员会 where people say 南关村."""

from __future__ import annotations

import re

_SUFFIXES: dict[str, tuple[tuple[str, str], ...]] = {
    "city": (
        ("自治州", "自治州"),
        ("地区", "地区"),
        ("盟", "盟"),
        ("市", "市"),
        ("自治县", "自治县"),
        ("林区", "林区"),
        ("县", "县"),
    ),
    "county": (
        ("自治县", "自治县"),
        ("自治旗", "自治旗"),
        ("林区", "林区"),
        ("特区", "特区"),
        ("开发区", "开发区"),
        ("新区", "新区"),
        ("县", "县"),
        ("旗", "旗"),
        ("市", "市"),
        ("区", "区"),
    ),
    "town": (
        ("街道办事处", "街道"),
        ("街道", "街道"),
        ("民族乡", "民族乡"),
        ("民族苏木", "苏木"),
        ("苏木", "苏木"),
        ("镇", "镇"),
        ("乡", "乡"),
        ("农场", "农场"),
        ("林场", "林场"),
        ("牧场", "牧场"),
        ("园区", "园区"),
        ("开发区", "开发区"),
        ("管理区", "管理区"),
        ("区", "园区"),
    ),
    "village": (
        ("嘎查", "嘎查"),
        ("社区", "社区"),
        ("居委", "社区"),
        ("村", "村"),
        ("队", "队"),
        ("分场", "农场"),
        ("农场", "农场"),
        ("林场", "林场"),
        ("牧场", "牧场"),
    ),
    "cell": (("网格", "网格"),),
    "micro": (("微网格", "微网格"), ("户区", "户区")),
}

_COMMITTEE = re.compile(r"(?:村民|牧民|居民|村|社区居民)?(?:委员会|委会|民委会)$")
_RESIDENTS = re.compile(r"(?:居民委员会|居民委会|居委会|社区委员会)$")


def kind_of(name: str, level: str) -> str:
    """How a division of this name and level is called (街道, 镇, 社区, 村, …); "" where its name does not
    say."""
    if level == "village":
        if _RESIDENTS.search(name):
            return "社区"
        if "嘎查" not in name and re.search(r"村(?:民)?(?:委员会|委会)$", name):
            return "村"
        name = _COMMITTEE.sub("", name)
    for suffix, kind in _SUFFIXES.get(level, ()):
        if name.endswith(suffix):
            return kind
    return ""
