"""Currencies: which codes there are, until when a withdrawn one was in use, and how many decimals an amount has.

The codes in use come from the installed list of ISO 4217, which forgets a currency when it is withdrawn; what was recorded while it was in
use stays (rule 0.10). So the withdrawn ones are kept here, as facts of ISO 4217 list three (historic denominations), and the minor units
that are not two decimals, as facts of list one; both as published by the standard's maintenance agency, SIX, on 1 January 2026.
"""

import re
from calendar import month_name, monthrange
from datetime import date
from functools import cache
from typing import Final

import pycountry

from aggregates.texts import TextError

_CODE: Final = re.compile(r"[A-Za-z]{3}", re.ASCII)
_WITHDRAWN: Final = """
    ADP 2003-07  AFA 2003-01  ALK 1989-12  ANG 2025-03  AOK 1991-03  AON 2000-02  AOR 2000-02  ARA 1992-01  ARP 1985-07  ARY 1990-12
    ATS 2002-03  AYM 2005-10  AZM 2005-12  BAD 1997-07  BEC 1990-03  BEF 2002-03  BEL 1990-03  BGJ 1990-12  BGK 1990-12  BGL 2003-11
    BGN 2026-01  BOP 1987-02  BRB 1986-03  BRC 1989-02  BRE 1993-03  BRN 1990-03  BRR 1994-07  BUK 1990-02  BYB 2001-01  BYR 2017-01
    CHC 2004-11  CNX 1989-12  CSD 2006-10  CSJ 1990-12  CSK 1993-03  CUC 2021-06  CYP 2008-01  DDM 1990-09  DEM 2002-03  ECS 2000-09
    ECV 2000-09  EEK 2011-01  EQE 1989-12  ESA 1981-12  ESB 1994-12  ESP 2002-03  FIM 2002-03  FRF 2002-03  GEK 1995-10  GHC 2008-01
    GHP 2007-06  GNE 1989-12  GNS 1986-02  GQE 1986-06  GRD 2002-03  GWE 1981-12  GWP 1997-05  HRD 1995-01  HRK 2023-01  IEP 2002-03
    ILP 1981-12  ILR 1990-12  ISJ 1990-12  ITL 2002-03  LAJ 1989-12  LSM 1985-05  LTL 2014-12  LTT 1993-07  LUC 1990-03  LUF 2002-03
    LUL 1990-03  LVL 2014-01  LVR 1994-12  MAF 1989-12  MGF 2004-12  MLF 1984-11  MRO 2017-12  MTL 2008-01  MTP 1983-06  MVQ 1989-12
    MXP 1993-01  MZE 1981-12  MZM 2006-06  NIC 1990-10  NLG 2002-03  PEH 1990-12  PEI 1991-07  PES 1986-02  PLZ 1997-01  PTE 2002-03
    RHD 1981-12  ROK 1990-12  ROL 2005-06  RUR 2004-01  SDD 2007-07  SDP 1998-06  SIT 2007-01  SKK 2009-01  SLL 2023-12  SRG 2003-12
    STD 2017-12  SUR 1990-12  TJR 2001-04  TMM 2009-01  TPE 2002-11  TRL 2005-12  UAK 1996-09  UGS 1987-05  UGW 1990-12  USS 2014-03
    UYN 1989-12  UYP 1993-03  VEB 2008-01  VEF 2018-08  VNC 1990-12  XEU 1999-01  XFO 2006-10  XFU 2013-11  XRE 1999-11  YDD 1991-09
    YUD 1990-01  YUM 2003-07  YUN 1995-11  ZAL 1995-03  ZMK 2012-12  ZRN 1999-06  ZRZ 1994-02  ZWC 1989-12  ZWD 2008-08  ZWL 2024-09
    ZWN 2006-09  ZWR 2009-06
"""
"""Code and month of withdrawal; where the list names several or a span, the last one."""
_MINOR_UNITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    None: "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX",
}
"""Decimals where they are not two; `None`: the list says that there is no such thing."""
_USUAL_DECIMALS: Final = 2


def _last_day(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


WITHDRAWN: Final = {code: _last_day(month) for code, month in zip(*[iter(_WITHDRAWN.split())] * 2, strict=True)}
"""The last day of the month in which a currency was withdrawn, by code."""
_DECIMALS: Final = {code: decimals for decimals, codes in _MINOR_UNITS.items() for code in codes.split()}


@cache
def _in_use() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies) - WITHDRAWN.keys()


def currency_code(code: str, *, field: str) -> str:
    """Returns a code of three letters in capitals, listed or not: for reading and removing what is stored. Raises `TextError`."""
    cleaned = code.strip()
    if not _CODE.fullmatch(cleaned):
        raise _no_currency(cleaned, field)
    return cleaned.upper()


def currency(code: str, *, field: str) -> str:
    """The code, in capitals, of a currency that is or was one of ISO 4217. Raises `TextError`."""
    cleaned = currency_code(code, field=field)
    if cleaned not in _in_use() and cleaned not in WITHDRAWN:
        raise _no_currency(code.strip(), field)
    return cleaned


def check_in_use(code: str, day: date, *, field: str) -> None:
    """Raises `TextError` for a currency that was withdrawn before the day."""
    last = WITHDRAWN.get(code)
    if last is not None and last < day:
        month = f"{month_name[last.month]} {last.year}"
        raise TextError(f"{code} was withdrawn from ISO 4217 in {month}, before {day}.", field=field)


def decimals_of(code: str) -> int | None:
    """Returns the most decimals of an amount in this currency; `None` where the standard sets no bound, as of withdrawn ones."""
    return None if code in WITHDRAWN else _DECIMALS.get(code, _USUAL_DECIMALS)


def _no_currency(code: str, field: str) -> TextError:
    return TextError(f"{code[:20] or 'A blank'} is not a currency of ISO 4217.", field=field)
