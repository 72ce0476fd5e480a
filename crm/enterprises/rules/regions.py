"""Administrative divisions: provinces and prefectures by GB/T 2260, districts by their form.

Short forms as they stand in company names; the class suffix (省, 市, 自治州…) is read off separately.
"""

import re

# Code and name of each province, and of what lies directly below it; two digits mean "00" behind them.
# As in force in 2026; 莱芜 has been a district of 济南 since 2019, old names still carry it.
_DIVISIONS = """
11北京:
12天津:
13河北: 01石家庄 02唐山 03秦皇岛 04邯郸 05邢台 06保定 07张家口 08承德 09沧州 10廊坊 11衡水
14山西: 01太原 02大同 03阳泉 04长治 05晋城 06朔州 07晋中 08运城 09忻州 10临汾 11吕梁
15内蒙古: 01呼和浩特 02包头 03乌海 04赤峰 05通辽 06鄂尔多斯 07呼伦贝尔 08巴彦淖尔 09乌兰察布 22兴安盟
  25锡林郭勒 29阿拉善
21辽宁: 01沈阳 02大连 03鞍山 04抚顺 05本溪 06丹东 07锦州 08营口 09阜新 10辽阳 11盘锦 12铁岭 13朝阳
  14葫芦岛
22吉林: 01长春 03四平 04辽源 05通化 06白山 07松原 08白城 24延边
23黑龙江: 01哈尔滨 02齐齐哈尔 03鸡西 04鹤岗 05双鸭山 06大庆 07伊春 08佳木斯 09七台河 10牡丹江 11黑河
  12绥化 27大兴安岭
31上海:
32江苏: 01南京 02无锡 03徐州 04常州 05苏州 06南通 07连云港 08淮安 09盐城 10扬州 11镇江 12泰州
  13宿迁
33浙江: 01杭州 02宁波 03温州 04嘉兴 05湖州 06绍兴 07金华 08衢州 09舟山 10台州 11丽水
34安徽: 01合肥 02芜湖 03蚌埠 04淮南 05马鞍山 06淮北 07铜陵 08安庆 10黄山 11滁州 12阜阳 13宿州
  15六安 16亳州 17池州 18宣城
35福建: 01福州 02厦门 03莆田 04三明 05泉州 06漳州 07南平 08龙岩 09宁德
36江西: 01南昌 02景德镇 03萍乡 04九江 05新余 06鹰潭 07赣州 08吉安 09宜春 10抚州 11上饶
37山东: 01济南 02青岛 03淄博 04枣庄 05东营 06烟台 07潍坊 08济宁 09泰安 10威海 11日照 13临沂 14德州
  15聊城 16滨州 17菏泽 0116莱芜
41河南: 01郑州 02开封 03洛阳 04平顶山 05安阳 06鹤壁 07新乡 08焦作 09濮阳 10许昌 11漯河 12三门峡
  13南阳 14商丘 15信阳 16周口 17驻马店 9001济源
42湖北: 01武汉 02黄石 03十堰 05宜昌 06襄阳 07鄂州 08荆门 09孝感 10荆州 11黄冈 12咸宁 13随州 28恩施
  9004仙桃 9005潜江 9006天门 9021神农架
43湖南: 01长沙 02株洲 03湘潭 04衡阳 05邵阳 06岳阳 07常德 08张家界 09益阳 10郴州 11永州 12怀化
  13娄底 31湘西
44广东: 01广州 02韶关 03深圳 04珠海 05汕头 06佛山 07江门 08湛江 09茂名 12肇庆 13惠州 14梅州 15汕尾
  16河源 17阳江 18清远 19东莞 20中山 51潮州 52揭阳 53云浮
45广西: 01南宁 02柳州 03桂林 04梧州 05北海 06防城港 07钦州 08贵港 09玉林 10百色 11贺州 12河池
  13来宾 14崇左
46海南: 01海口 02三亚 03三沙 04儋州
50重庆:
51四川: 01成都 03自贡 04攀枝花 05泸州 06德阳 07绵阳 08广元 09遂宁 10内江 11乐山 13南充 14眉山
  15宜宾 16广安 17达州 18雅安 19巴中 20资阳 32阿坝 33甘孜 34凉山
52贵州: 01贵阳 02六盘水 03遵义 04安顺 05毕节 06铜仁 23黔西南 26黔东南 27黔南
53云南: 01昆明 03曲靖 04玉溪 05保山 06昭通 07丽江 08普洱 09临沧 23楚雄 25红河 26文山 28西双版纳
  29大理 31德宏 33怒江 34迪庆
54西藏: 01拉萨 02日喀则 03昌都 04林芝 05山南 06那曲 25阿里
61陕西: 01西安 02铜川 03宝鸡 04咸阳 05渭南 06延安 07汉中 08榆林 09安康 10商洛
62甘肃: 01兰州 02嘉峪关 03金昌 04白银 05天水 06武威 07张掖 08平凉 09酒泉 10庆阳 11定西 12陇南
  29临夏 30甘南
63青海: 01西宁 02海东 22海北 23黄南 26果洛 27玉树 28海西
64宁夏: 01银川 02石嘴山 03吴忠 04固原 05中卫
65新疆: 01乌鲁木齐 02克拉玛依 04吐鲁番 05哈密 23昌吉 27博尔塔拉 28巴音郭楞 29阿克苏 30克孜勒苏 31喀什
  32和田 40伊犁 42塔城 43阿勒泰
71台湾:
81香港:
82澳门:
"""


def _words(text: str) -> tuple[str, ...]:
    """One string a group is easier to compare with the standard than hundreds of quoted words."""
    return tuple(text.split())


def _read_divisions() -> tuple[dict[str, str], dict[str, str]]:
    """Province and prefecture codes by short name."""
    provinces: dict[str, str] = {}
    cities: dict[str, str] = {}
    within = ""
    for word in _words(_DIVISIONS):
        name = word.removesuffix(":").lstrip("0123456789")
        digits = word[: word.index(name)]
        if word.endswith(":"):
            within = digits
            provinces[name] = f"{digits}0000"
        else:
            cities[name] = f"{within}{digits:0<4}"
    return provinces, cities


PROVINCES, CITIES = _read_divisions()
# Too common as brand words to be taken for the place unless 市, 省 or a bracket says so: 阿里云, 中山路.
ONLY_WITH_SUFFIX = {
    "阿里",
    "朝阳",
    "天门",
    "中山",
    "大理",
    "红河",
    "黄山",
    "三明",
    "白银",
    "百色",
    "安康",
}

SUFFIX = (
    r"(?:省|市(?!中)|特别行政区|(?:壮族|回族|维吾尔)?自治区|地区|盟|[^()省市区县]{1,10}?自治州|州)"
)
_by_length = sorted({*PROVINCES, *CITIES}, key=len, reverse=True)
_bare = "|".join(name for name in _by_length if name not in ONLY_WITH_SUFFIX)
_suffixed = "|".join(ONLY_WITH_SUFFIX)
# Districts and counties, of which there are thousands, by their suffix: two or three characters
# before 区 or 县. Parks, zones and quarters are no districts.
_NO_DISTRICT = (
    "园区 开发区 高新区 特区 社区 小区 景区 校区 厂区 库区 片区 街区 商区 专区 矿区 林区 灌区 山区 地区 "
    "保税区 示范区 试验区 实验区 旅游区 度假区 风景区 产业区 工业区 科技区 物流区 功能区 合作区 先行区 "
    "集聚区 自贸区 经开区 新区 港区 城区 郊区 牧区 辖区 市区 省区"
)
# 区块链, 区域 and 县域 are words of the trade.
DISTRICT = "[\u4e00-\u9fff]{2,3}(?:区|县)(?![块域间级位])" + "".join(
    f"(?<!{word})" for word in sorted(set(_words(_NO_DISTRICT)))
)

# One region at the beginning of a name; group "short" is it without suffix.
LEADING = re.compile(
    rf"(?:(?P<short>{_bare}){SUFFIX}?|(?P<only>{_suffixed}){SUFFIX}|(?P<district>{DISTRICT}))"
)
# A region in brackets: （山东）, （济南市）, （中国）.
BRACKETED = re.compile(
    rf"\((?P<short>{'|'.join(_by_length)}|中国)(?:{SUFFIX})?\)|\((?P<district>{DISTRICT})\)"
)


def short_region(found: re.Match[str]) -> str:
    """The short form of a region that LEADING or BRACKETED found."""
    groups = found.groupdict()
    district = groups.get("district")
    return groups.get("short") or groups.get("only") or (district or "")[:-1]
