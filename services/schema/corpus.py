"""What seeded rows are made of: workspaces, names, and phrases in several scripts."""

from dataclasses import dataclass

WORKSPACES = (
    "lighthouse",
    "chandlery",
    "boatyard",
    "pilotage",
    "drydock",
    "quayside",
    "moorings",
    "regatta",
    "saltworks",
    "customs",
    "ferry",
    "fishmarket",
    "ropewalk",
    "sailmakers",
    "tidewater",
    "breakwater",
    "estuary",
    "shipwrights",
    "coastguard",
    "cannery",
    "marina",
    "net-loft",
    "harbourmaster",
    "oyster-beds",
    "sandbank",
    "slipway",
    "tugboats",
    "wharf",
    "windward",
    "leeward",
    "cooperage",
    "foundry",
    "beacon",
    "causeway",
    "delta",
    "jetty",
    "lagoon",
    "reef",
    "strand",
    "trawlers",
)
"""From the busiest down, besides the one that owns half."""

TAGS = ("urgent", "weather", "cargo", "crew", "invoice", "repair", "gezeiten", "лоция", "港", "🚢")

FIRST_NAMES = (
    "Ada",
    "Bjørn",
    "Chiara",
    "Dmitri",
    "Ebele",
    "Fatima",
    "Goran",
    "Hana",
    "Ines",
    "Jürgen",
    "小林",
)
LAST_NAMES = ("Quay", "Lund", "Rossi", "Orlov", "Okafor", "Haddad", "Petrović", "Sato", "Vega", "Weiß", "健")


@dataclass(frozen=True)
class Script:
    """Phrases of one script; `share` is its weight among all notes."""

    name: str
    share: int
    phrases: tuple[str, ...]
    separator: str = " "


SCRIPTS = (
    Script(
        "latin",
        42,
        (
            "Check the mooring lines before the spring tide.",
            "Invoice 4417 is still open.",
            "Call the pilot at six.",
            "The crane is out of order until Thursday,",
            "so the containers wait on the north quay.",
            "Meeting notes:",
            "Buy rope, paint and two fenders.",
            "Wind from the south-west, force five.",
            "Who has the key to the boathouse?",
            "Draft of the safety briefing",
            "for the summer crew;",
            "see the attached list.",
            "Ferry timetable, winter.",
            "It's \"urgent\", says O'Brien & Sons <ops>.",
            "50% of the berths are taken.",
            "C:\\charts\\2026\\north.pdf",
        ),
    ),
    Script(
        "diacritics",
        16,
        (
            "Ankerplätze für größere Schiffe prüfen.",
            "Réunion à l'écluse, déjà reportée.",
            "Zażółć gęślą jaźń.",
            "Příliš žluťoučký kůň úpěl.",
            "İskele ışıkları söndü.",
            "Đường ra cảng bị ngập.",
            "Ærø og Læsø i morgen.",
            "São João: maré às três.",
            "Cañón de niebla, señal ñandú.",
            "Þórður fór út á sjó.",
            "Straßenschlüssel übergeben.",
        ),
    ),
    Script(
        "greek",
        7,
        (
            "Το λιμάνι κλείνει στις οκτώ.",
            "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
            "Άνεμος βόρειος, έξι μποφόρ.",
            "Έλεγχος των σχοινιών.",
            "Το πλοίο καθυστερεί.",
            "Ώρα άφιξης: ἑσπέρα.",
        ),
    ),
    Script(
        "cyrillic",
        10,
        (
            "Прилив в шесть утра.",
            "Съешь ещё этих мягких французских булок.",
            "Заказать канаты и краску.",
            "Причал № 4 закрыт до пятницы.",
            "Їжак поплив у гавань.",
            "Ђорђе чува кључ од магацина.",
            "Вятърът се усилва.",
        ),
    ),
    Script(
        "arabic",
        7,
        (
            "الميناء مغلق حتى المساء.",
            "وصلت السفينة رقم ٤٢ متأخرة.",
            "افحص الحبال قبل المد.",
            "اجتماع الطاقم الساعة ٦.",
            "السِّفِينَةُ فِي الْمَرْسَى.",
            "الفاتورة INV-7 لم تُدفع بعد.",
            "נמל סגור עד הערב.",
        ),
    ),
    Script(
        "cjk",
        10,
        (
            "港は六時に閉まります。",
            "船が遅れています。",
            "請檢查纜繩。",
            "潮汐表已更新。",
            "明天早上八點開會。",
            "등대 불이 꺼졌습니다.",
            "배가 늦게 도착합니다.",
            "𠮷野家の前で待つ。",
            "领航员请回电。",
            "コンテナを北岸へ。",
        ),
        separator="",
    ),
    Script(
        "emoji",
        5,
        (
            "⚓️🚢",
            "👩‍🚀 on deck",
            "👨‍👩‍👧‍👦 boarding",
            "🏴‍☠️ drill",
            "🏳️‍🌈 regatta",
            "🇳🇴🇩🇰🇮🇸",
            "👍🏽 approved",
            "🧑🏿‍🔧 fixed the winch",
            "🌊🌊🌊",
            "1️⃣ rope 2️⃣ paint",
            "❤️‍🔥",
        ),
    ),
    Script(
        "marks",
        3,
        (
            "Cafe\u0301 at the pier",
            "a\u030angstro\u0308m",
            "Việt\u0323 Nam\u0300",
            "Z\u0334a\u0335l\u0336g\u0337o\u0338 warning",
            "x\u0301\u0302\u0303 marks the spot",
            "हिन्दी में टिप्पणी।",
            "ก็ท่าเรือปิดแล้ว",
            "நீர்மட்டம் உயர்கிறது.",
            "zero\u200bwidth\u00a0space",
        ),
    ),
)
