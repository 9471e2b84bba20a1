"""Telephone numbers: as people write them in their country, and as E.164 has them everywhere."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        each[:2]: each[2:]
        for each in (
            "AC247 AD376 AE971 AF93 AG1 AI1 AL355 AM374 AO244 AR54 AS1 AT43 AU61 AW297 AX358 AZ994 BA387 BB1 "
            "BD880 BE32 BF226 BG359 BH973 BI257 BJ229 BL590 BM1 BN673 BO591 BQ599 BR55 BS1 BT975 BW267 BY375 "
            "BZ501 CA1 CC61 CD243 CF236 CG242 CH41 CI225 CK682 CL56 CM237 CN86 CO57 CR506 CU53 CV238 CW599 CX61 "
            "CY357 CZ420 DE49 DJ253 DK45 DM1 DO1 DZ213 EC593 EE372 EG20 EH212 ER291 ES34 ET251 FI358 FJ679 "
            "FK500 FM691 FO298 FR33 GA241 GB44 GD1 GE995 GF594 GG44 GH233 GI350 GL299 GM220 GN224 GP590 GQ240 "
            "GR30 GT502 GU1 GW245 GY592 HK852 HN504 HR385 HT509 HU36 ID62 IE353 IL972 IM44 IN91 IO246 IQ964 "
            "IR98 IS354 IT39 JE44 JM1 JO962 JP81 KE254 KG996 KH855 KI686 KM269 KN1 KP850 KR82 KW965 KY1 KZ7 "
            "LA856 LB961 LC1 LI423 LK94 LR231 LS266 LT370 LU352 LV371 LY218 MA212 MC377 MD373 ME382 MF590 MG261 "
            "MH692 MK389 ML223 MM95 MN976 MO853 MP1 MQ596 MR222 MS1 MT356 MU230 MV960 MW265 MX52 MY60 MZ258 "
            "NA264 NC687 NE227 NF672 NG234 NI505 NL31 NO47 NP977 NR674 NU683 NZ64 OM968 PA507 PE51 PF689 PG675 "
            "PH63 PK92 PL48 PM508 PR1 PS970 PT351 PW680 PY595 QA974 RE262 RO40 RS381 RU7 RW250 SA966 SB677 "
            "SC248 SD249 SE46 SG65 SH290 SI386 SJ47 SK421 SL232 SM378 SN221 SO252 SR597 SS211 ST239 SV503 SX1 "
            "SY963 SZ268 TA290 TC1 TD235 TG228 TH66 TJ992 TK690 TL670 TM993 TN216 TO676 TR90 TT1 TV688 TW886 "
            "TZ255 UA380 UG256 US1 UY598 UZ998 VA39 VC1 VE58 VG1 VI1 VN84 VU678 WF681 WS685 XK383 YE967 YT262 "
            "ZA27 ZM260 ZW263"
        ).split()
    }
)
"""The calling code of each country, by its ISO 3166-1 code.

Source: the metadata of Google's libphonenumber, as in phonenumbers 9.0.43; so are the exceptions below.
"""
_TRUNKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "AC AD AO AW BF BH BI BJ BN BQ BT BW BZ CF CG CI CK CL CM CR CV CW CY CZ DJ DK EE ES FJ FK FM FO GA "
                "GI GL GM GN GQ GR GT GW GY HK HN HT IO IS IT KM KW LS LU LV ML MO MR MT MU MV MX MZ NC NE NF NI NO "
                "NR NU OM PA PF PG PL PT PW QA SB SC SG SH SJ SM SN SR ST SV SZ TA TD TG TJ TK TL TN TO TV UZ VA VU "
                "WF WS"
            ).split(),
            "",
        ),
        **dict.fromkeys("AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MH MP MS PR SX TC TT US VC VG VI".split(), "1"),
        **dict.fromkeys("BY KZ RU TM".split(), "8"),
        "HU": "06",
    }
)
"""What is dialled before a number within a country, where that is not 0: in many of them nothing."""
_NOT_DIGITS: Final = re.compile(r"[^0-9]+")
_DROPPED: Final = "(0)"
"""What people write for the digit that is dialled within the country only: `+33 (0)6 12 34 56 78`."""
SHORTEST: Final = 6
"""Digits of a telephone number; what is shorter finds too much."""


def digits(text: str) -> str:
    """Return the digits of a telephone number; of one that is written as from abroad those of E.164."""
    plain = _NOT_DIGITS.sub("", text.replace(_DROPPED, ""))
    return plain.removeprefix("00")


def forms(text: str, country: str) -> tuple[str, ...]:
    """Return a number as E.164 has it and as it is dialled in its address's country; nothing where it is none.

    Whoever looks for it need not know the country: both forms find it.
    """
    plain, code = digits(text), _CODES.get(country, "")
    if len(plain) < SHORTEST:
        return ()
    if not code:
        return (plain,)
    trunk = _TRUNKS.get(country, "0")
    abroad = plain if _is_abroad(text, plain, code) else code + _without(trunk, plain)
    if not abroad.startswith(code):
        return (abroad,)
    dialled = "" if trunk == code else trunk
    return (abroad, dialled + _without(trunk, abroad.removeprefix(code)))


def _is_abroad(text: str, plain: str, code: str) -> bool:
    """Tell whether a number begins with a calling code; without a sign of it, it does if it is long enough."""
    if text.lstrip().startswith(("+", "00")):
        return True
    return plain.startswith(code) and len(plain) - len(code) > _LONGEST_LOCAL


_LONGEST_LOCAL: Final = 8
"""Digits behind a calling code that nobody dials within the country alone, as those codes begin other numbers, too."""


def _without(trunk: str, number: str) -> str:
    return number.removeprefix(trunk) if trunk else number
