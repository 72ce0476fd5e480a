"""English names that spell a Chinese one: JIANGSU SHAGANG GROUP reads 江苏沙钢集团.

Each English word must be either the pinyin of the next characters or a word of trade that means them;
what belongs together may stand in another order (BANK OF BEIJING, 北京银行). Nothing may be left over.
"""

from functools import lru_cache

from crm.core.pinyin import pinyin_full
from crm.enterprises.rules.ranking.english import english_words

# One English word of trade and the Chinese words it stands for in company names.
MEANS: dict[str, tuple[str, ...]] = {
    word: tuple(chinese.split())
    for word, chinese in {
        "ADVANCED": "先进", "AEROSPACE": "航天 航空航天", "AGRICULTURAL": "农业", "AIRCRAFT": "飞机",
        "ALUMINUM": "铝业 铝", "APPLIANCES": "电器", "AUTO": "汽车", "AUTOMATION": "自动化",
        "AUTOMOBILE": "汽车", "AUTOMOTIVE": "汽车", "AVIATION": "航空", "BANK": "银行",
        "BANKING": "银行", "BATTERY": "电池", "BEER": "啤酒", "BIOTECH": "生物 生物科技",
        "BIOTECHNOLOGY": "生物技术 生物科技", "BREWERY": "啤酒", "BUILDING": "建筑 建",
        "CAPITAL": "资本 首都", "CEMENT": "水泥", "CERAMICS": "陶瓷", "CHEMICAL": "化工 化学",
        "CHEMICALS": "化工 化学", "CHINA": "中国", "CITY": "市 城市", "COAL": "煤业 煤炭 煤",
        "COKING": "焦", "COMMERCIAL": "商业 工商 商", "COMMUNICATION": "通信 通讯",
        "COMMUNICATIONS": "交通 通信 通讯", "COMPUTER": "电脑 计算机", "CONSTRUCTION": "建设 建筑 建工 建",
        "COPPER": "铜业 铜", "COSMETICS": "化妆品", "CULTURE": "文化", "DAIRY": "乳业",
        "DATA": "数据", "DEVELOPMENT": "发展 开发", "DIGITAL": "数码 数字", "ELECTRIC": "电气 电器 电力 电工",
        "ELECTRICAL": "电气 电器", "ELECTRONIC": "电子", "ELECTRONICS": "电子", "ENERGY": "能源",
        "ENGINEERING": "工程", "ENTERPRISE": "企业", "ENTERPRISES": "企业 实业", "ENVIRONMENT": "环境",
        "ENVIRONMENTAL": "环保 环境", "EQUIPMENT": "装备 设备", "FERTILIZER": "化肥 肥业",
        "FINANCE": "金融", "FINANCIAL": "金融", "FOOD": "食品", "FOODS": "食品", "FUTURES": "期货",
        "GAS": "燃气 天然气 气体", "GENERAL": "通用", "GLASS": "玻璃", "GLOBAL": "环球 全球",
        "GOLD": "黄金", "HEALTH": "健康", "HEAVY": "重型 重工", "HIGH": "高", "HOME": "家居",
        "HOSPITAL": "医院", "INDUSTRIAL": "工业 实业 产业", "INDUSTRIES": "工业 实业",
        "INDUSTRY": "工业 实业 产业",
        "INFORMATION": "信息", "INSTRUMENT": "仪器 仪表", "INSTRUMENTS": "仪器 仪表", "INSURANCE": "保险",
        "INTELLIGENT": "智能", "INTERNATIONAL": "国际", "INVESTMENT": "投资", "IRON": "铁 钢铁",
        "LAND": "置地 地产", "LIFE": "人寿 生命", "LOGISTICS": "物流", "MACHINE": "机器 机床",
        "MACHINERY": "机械", "MARINE": "海洋", "MATERIAL": "材料 建材", "MATERIALS": "材料 建材",
        "MEDICAL": "医疗", "MEDICINE": "医药 药业", "METAL": "金属", "METALS": "金属", "MINING": "矿业",
        "MOTOR": "汽车 电机", "MOTORS": "汽车", "MUNICIPAL": "市 市政", "NATIONAL": "国家 全国",
        "NETWORK": "网络", "NEW": "新", "NONFERROUS": "有色", "NUCLEAR": "核 核工业", "OIL": "石油 油",
        "OPTICAL": "光学 光电", "OPTOELECTRONICS": "光电", "PACIFIC": "太平洋", "PAPER": "纸业 造纸",
        "PETROCHEMICAL": "石化", "PETROLEUM": "石油", "PHARMACEUTICAL": "医药 药业 制药",
        "PHARMACEUTICALS": "医药 药业 制药", "PIONEERING": "创业", "PLASTICS": "塑料 塑胶", "PORT": "港口 港",
        "POST": "邮政", "POWER": "电力 动力", "PRECISION": "精密", "PROPERTY": "地产 物业",
        "PROVINCIAL": "省", "PUBLISHING": "出版", "RAILWAY": "铁路", "RAW": "原",
        "REAL": "", "ESTATE": "地产 房地产",
        "RENEWABLE": "可再生", "RESOURCES": "资源", "ROBOT": "机器人", "RUBBER": "橡胶", "SCIENCE": "科学 科",
        "SECURITIES": "证券", "SEMICONDUCTOR": "半导体", "SHIPBUILDING": "船舶 造船", "SHIPPING": "海运 航运",
        "SMART": "智能 智家", "SOFTWARE": "软件", "SOLAR": "太阳能", "SOUTHERN": "南方", "STATE": "国家 国",
        "STEEL": "钢铁 钢", "SUPPLY": "供应", "TEA": "茶业", "TECH": "科技", "TECHNOLOGIES": "技术 科技",
        "TECHNOLOGY": "技术 科技", "TELECOM": "电信", "TELECOMMUNICATIONS": "电信", "TEXTILE": "纺织",
        "TIRE": "轮胎", "TOBACCO": "烟草", "TOOL": "工具 机床", "TOOLS": "工具", "TOURISM": "旅游",
        "TRADE": "贸易", "TRADING": "贸易", "TRANSPORT": "运输 交通", "TRUCK": "重汽 卡车", "VALVE": "阀门",
        "VEHICLE": "车辆", "WATER": "水务 水", "WIRE": "线缆", "YARN": "纱",
    }.items()
}  # fmt: skip
LONGEST = 6
"""Characters that one English word stands for at most."""
ADDED = ("控股", "集团", "股份", "有限责任", "有限", "公司", "省", "市")
"""Chinese words that English names leave out or that `english_words` drops."""


def reads_as(english: str, chinese: str) -> bool:
    """Whether the English name spells this Chinese one (best without its legal form), word by word.

    At least one word must be pinyin: CHINA CONSTRUCTION BANK alone would fit too much.
    """
    words = english_words(english)
    if not words or len(words) > 10 or not chinese or len(chinese) > 30:
        return False
    return _fits(frozenset(enumerate(words)), chinese, False)


@lru_cache(maxsize=65_536)
def _fits(left: frozenset[tuple[int, str]], chinese: str, has_pinyin: bool) -> bool:
    if not left:
        return has_pinyin and not _without_added(chinese)
    if not chinese:
        return False
    for place, word in sorted(left):
        rest = left - {(place, word)}
        for meaning in MEANS.get(word, ()):
            if chinese.startswith(meaning) and _fits(rest, chinese[len(meaning) :], has_pinyin):
                return True
        for length in range(1, min(LONGEST, len(chinese)) + 1):
            spelt = pinyin_full(chinese[:length]).upper()
            if len(spelt) > len(word):
                break
            if spelt == word and len(word) > 2 and _fits(rest, chinese[length:], True):
                return True
    return any(
        chinese.startswith(word) and _fits(left, chinese[len(word) :], has_pinyin) for word in ADDED
    )


def _without_added(chinese: str) -> str:
    for word in ADDED:
        chinese = chinese.replace(word, "")
    return chinese


def spelt_pieces(chinese: str) -> set[str]:
    """The pinyin of every run of two to four characters: by these an English word finds the name."""
    syllables = [pinyin_full(char).upper() for char in chinese]
    return {
        "".join(syllables[start : start + length])
        for length in (1, 2, 3, 4)
        for start in range(len(syllables) - length + 1)
    }
